"""What the models of authenticators are called, by the AAGUID that they give."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from mfa.domain.devices import MOST_NAME_CHARACTERS


def read_models(file: Path) -> dict[bytes, str]:
    """Read a metadata file: a BLOB payload of the FIDO Metadata Service, or a list of names by AAGUID.

    The first has ``entries`` with an ``aaguid`` and a ``metadataStatement`` (FIDO Metadata Service 3.0 section 3.1);
    authenticators without an AAGUID are passed over. The second is an object of AAGUIDs, each with a ``name``. Raises
    ``OSError``, and ``ValueError`` for a file that is neither.
    """
    content: Any = json.loads(file.read_text(encoding="utf-8"))
    try:
        named = _entries(content["entries"]) if "entries" in content else _list(content)
        return {UUID(aaguid).bytes: _short(name) for aaguid, name in named}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is no metadata of authenticators") from error


def _entries(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["aaguid"], each["metadataStatement"]["description"]) for each in entries if "aaguid" in each]


def _list(content: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [(aaguid, about["name"]) for aaguid, about in content.items()]


def _short(name: str) -> str:
    return name.strip()[:MOST_NAME_CHARACTERS]
