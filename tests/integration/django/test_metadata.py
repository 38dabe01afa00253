"""Metadata of authenticators in a deployment: the command that renews them, and what the system checks say."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from mfa.adapters.django import checks
from mfa.testing.authenticator import AAGUID
from tests.integration.django.commanding import run
from tests.unit.adapters.webauthn.service import Service, entry, statement

SERVICE = Service()
BLUE = str(UUID(bytes=AAGUID))
U2F = str(UUID(int=0))
OTHER = "0b7c2f0e-1111-4222-8333-444455556666"
SITE = {
    "METHODS": ["webauthn"],
    "WEBAUTHN_RP_ID": "example.com",
    "WEBAUTHN_ORIGINS": ["https://example.com"],
    "WEBAUTHN_ATTESTATION": "direct",
}

Checked = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def fido(settings: Settings, tmp_path: Path) -> dict[str, object]:
    settings.ROOT_URLCONF = "tests.projects.routes"
    settings.MFA = SITE | {
        "WEBAUTHN_METADATA": "fido",
        "WEBAUTHN_METADATA_FILE": str(tmp_path / "blob.jwt"),
        "WEBAUTHN_METADATA_ROOTS": str(SERVICE.roots(tmp_path / "roots")),
    }
    return dict(settings.MFA)


@pytest.fixture(autouse=True)
def _no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mfa.adapters.webauthn.blobs.PACKAGE", "fido_nowhere")


def given(tmp_path: Path, blob: bytes) -> str:
    path = tmp_path / "given.jwt"
    path.write_bytes(blob)
    return str(path)


class TestCommand:
    def test_what_is_signed_is_kept_and_told(self, tmp_path: Path) -> None:
        ran = run("mfa_metadata", "--json", "--file", given(tmp_path, SERVICE.blob(entry(), {})))

        document = {
            "source": str(tmp_path / "blob.jwt"),
            "signed": True,
            "number": 7,
            "next_update": "2026-02-28",
            "models": 1,
            "unreadable": 1,
        }
        assert (ran.status, ran.json) == (0, {**document, "new": True})
        assert run("mfa_metadata", "--show", "--json").json == {**document, "new": False}
        again = run("mfa_metadata", "--file", given(tmp_path, SERVICE.blob(entry(), {})))
        assert (again.status, again.out.splitlines()[1:3]) == (0, ["signed: yes", "number: 7"])
        assert again.out.splitlines()[-1] == "new: no"

    def test_what_is_not_right_is_told_and_changes_nothing(self, tmp_path: Path) -> None:
        assert "no BLOB" in run("mfa_metadata", "--show").err
        assert run("mfa_metadata", "--file", given(tmp_path, SERVICE.blob(number=8))).status == 0

        for blob, flaw in (
            (SERVICE.blob(), "number 7, are older than number 8"),
            (Service().blob(), "VerificationError"),
        ):
            ran = run("mfa_metadata", "--file", given(tmp_path, blob))
            assert (ran.status, ran.out) == (1, "")
            assert flaw in ran.err
        assert "No such file" in run("mfa_metadata", "--file", str(tmp_path / "nowhere")).err
        assert run("mfa_metadata", "--show", "--json").json["number"] == 8

    def test_without_a_file_it_comes_from_the_service(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        def download(url: str) -> bytes:
            asked.append(url)
            return SERVICE.blob()

        monkeypatch.setattr("mfa.adapters.webauthn.blobs.download", download)

        assert run("mfa_metadata", "--json").json["new"] is True
        assert asked == ["https://mds3.fidoalliance.org/"]

    def test_a_folder_is_told_of_and_not_renewed(self, settings: Settings, tmp_path: Path) -> None:
        settings.MFA = {**SITE, "WEBAUTHN_METADATA": str(tmp_path)}
        (tmp_path / "blue.json").write_text(json.dumps(statement()), encoding="utf-8")

        assert run("mfa_metadata", "--show").out.splitlines()[2:5] == ["number: none", "next update: none", "models: 1"]
        ran = run("mfa_metadata")
        assert (ran.status, "nothing to refresh" in ran.err) == (1, True)


class TestChecks:
    @pytest.fixture
    def checked(self, settings: Settings, fido: dict[str, object], tmp_path: Path) -> Checked:
        def check(next_update: str = "2100-01-01", **mfa: object) -> list[str]:
            settings.MFA = {**fido, **mfa}
            (tmp_path / "blob.jwt").write_bytes(SERVICE.blob(next_update=next_update))
            messages = run_checks(tags=["mfa"])
            assert all(message.hint for message in messages)
            return [f"{message.id} {message.msg}".removeprefix("multi_factor.") for message in messages]

        return check

    def test_metadata_that_are_there_are_right(self, checked: Checked) -> None:
        assert checked() == []
        assert checked(WEBAUTHN_MODELS={"allow": [BLUE, U2F]}) == []
        assert checked(WEBAUTHN_MODELS={"deny": [OTHER]}) == []
        assert checked(WEBAUTHN_ATTESTATION="none") == []

    def test_old_ones_get_a_warning(self, checked: Checked) -> None:
        [warning] = checked("2026-01-31")

        assert warning.startswith(
            "W029 The metadata of authenticators, number 7, should have been replaced on 2026-01-31"
        )

    def test_none_at_all_get_a_warning_so_that_the_command_can_be_run(self, checked: Checked, tmp_path: Path) -> None:
        nowhere = {"WEBAUTHN_METADATA_FILE": str(tmp_path / "nowhere.jwt")}

        [warning] = checked(**nowhere)

        assert warning.startswith("W031 There are no metadata")
        assert "no BLOB" in warning
        assert checked(**nowhere, WEBAUTHN_ATTESTATION="none") == []
        assert checked(**nowhere, METHODS=["totp"]) == []
        # They say which models copy their keys, attested or not.
        without = checked(**nowhere, WEBAUTHN_ATTESTATION="none", WEBAUTHN_MODELS="device_bound")
        assert [each[:4] for each in without] == ["W028", "W031"]

    @pytest.mark.parametrize("folder", ["nowhere", "empty"])
    @pytest.mark.parametrize("setting", ["WEBAUTHN_METADATA", "WEBAUTHN_METADATA_ROOTS", "WEBAUTHN_TRUST_ROOTS"])
    def test_a_folder_in_which_nothing_is_found_is_an_error(
        self, checked: Checked, tmp_path: Path, folder: str, setting: str
    ) -> None:
        (tmp_path / "empty").mkdir()

        [error] = checked(**{setting: tmp_path / folder})

        assert error.startswith("E003")
        assert str(tmp_path / folder) in error

    @pytest.mark.parametrize("models", ["device_bound", {"deny": [BLUE]}])
    def test_models_without_an_attestation_get_a_warning(self, checked: Checked, models: object) -> None:
        [warning] = checked(WEBAUTHN_ATTESTATION="none", WEBAUTHN_MODELS=models)

        assert warning.startswith("W028")

    def test_models_of_which_nobody_knows_get_a_warning(self, checked: Checked, tmp_path: Path) -> None:
        [warning] = checked(WEBAUTHN_MODELS={"allow": [BLUE, OTHER]})

        assert warning.startswith("W030")
        assert OTHER in warning
        assert BLUE not in warning
        roots = str(tmp_path / "roots")
        assert checked(WEBAUTHN_MODELS={"allow": [OTHER]}, WEBAUTHN_TRUST_ROOTS=roots) == []

    def test_a_missing_extra_is_named(self, checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
        find = importlib.util.find_spec
        monkeypatch.setattr(checks, "find_spec", lambda name: None if name == "jwt" else find(name))

        [error] = checked()

        assert error.startswith("E002 MFA uses 'metadata'")
        assert checked(METHODS=["totp"]) == []
