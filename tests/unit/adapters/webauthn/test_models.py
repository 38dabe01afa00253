import json
from pathlib import Path

import pytest

from mfa.adapters.webauthn.models import read_models
from mfa.domain.devices import MOST_NAME_CHARACTERS

AAGUID = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
OCTETS = bytes.fromhex(AAGUID.replace("-", ""))


def file(folder: Path, content: object) -> Path:
    path = folder / "metadata.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_payload_of_the_metadata_service(tmp_path: Path) -> None:
    statement = {"description": "Blue key"}
    entries = [
        {"aaguid": AAGUID, "metadataStatement": statement},
        {"attestationCertificateKeyIdentifiers": ["00"], "metadataStatement": statement},
    ]
    assert read_models(file(tmp_path, {"no": 1, "entries": entries})) == {OCTETS: "Blue key"}


def test_a_list_of_names(tmp_path: Path) -> None:
    content = {AAGUID: {"name": f" {'x' * 100}", "icon_light": "data:"}}
    assert read_models(file(tmp_path, content)) == {OCTETS: "x" * MOST_NAME_CHARACTERS}


@pytest.mark.parametrize(
    "content",
    [
        {"entries": 7},
        7,
        "text",
        [1],
        {AAGUID: "name"},
        {AAGUID: {}},
        {"no aaguid": {"name": "x"}},
        {"entries": [{"aaguid": AAGUID}]},
    ],
)
def test_what_is_no_metadata_says_so(tmp_path: Path, content: object) -> None:
    with pytest.raises(ValueError, match="metadata"):
        read_models(file(tmp_path, content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="metadata"):
        read_models(tmp_path / "metadata.json")
