"""The file that the pages about moving in show is read, and the report is as they show it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings

from tests.docs.commands import shown_by
from tests.docs.pages import ROOT, blocks

MOVING = ROOT / "docs" / "moving"


@pytest.mark.django_db
def test_a_file_is_read_and_told_of_as_the_pages_show_it(settings: Settings, tmp_path: Path) -> None:
    settings.MFA = {"METHODS": ["totp", "hotp", "recovery"]}
    for name in ("alice", "bob"):
        get_user_model().objects.create_user(name)
    [file], [report] = blocks(MOVING / "csv.md", "text"), blocks(MOVING / "README.md", "json")
    (tmp_path / "devices.csv").write_text(f"{file.text}nobody,totp,gezd gnbv gy3t qojq gezd gnbv gy3t qojq,,,,,\n")

    shown = shown_by(f"python manage.py mfa_import csv {tmp_path}/devices.csv --json")
    made, _ = json.JSONDecoder().raw_decode(shown)  # what goes to the standard error comes after it

    assert {name: made["totals"][name] for name in ("imported", "left_out", "failed")} == {
        "imported": file.text.count("\n") - 1,
        "left_out": 1,
        "failed": 0,
    }
    assert shape(made) == shape(json.loads(report.text))


def shape(value: Any) -> object:  # noqa: ANN401 - JSON
    """What a document has, whatever stands there."""
    match value:
        case dict():
            return {key: shape(each) for key, each in value.items()}
        case [first, *_]:
            return [shape(first)]
    return type(value).__name__ if value is not None else "text or nothing"
