import pytest

from tests.unit.architecture.project import run

BANNED = [
    ("src/mfa/domain/anywhere.py", "from typing import TYPE_CHECKING"),
    ("src/mfa/adapters/django/anywhere.py", "import typing\n\nif typing.TYPE_CHECKING:\n    import x\n"),
    ("src/mfa/adapters/drf/anywhere.py", "from django.conf import settings"),
    ("src/mfa/adapters/django/checks.py", "from django.conf import settings"),
    ("src/mfa/apps.py", "from django.conf import settings"),
    ("src/mfa/domain/anywhere.py", "import datetime\n\ndatetime.datetime.now(datetime.UTC)\n"),
    ("src/mfa/application/anywhere.py", "from datetime import UTC, datetime\n\ndatetime.now(UTC)\n"),
    ("src/mfa/adapters/django/anywhere.py", "from django.utils import timezone\n\ntimezone.now()\n"),
    ("src/mfa/adapters/drf/anywhere.py", "from django.utils.timezone import now"),
    ("src/mfa/domain/anywhere.py", "import random"),
    ("src/mfa/adapters/system/entropy_of_a_kind.py", "from mfa.domain import anything; from . import relative"),
]

ALLOWED = [
    ("src/mfa/adapters/django/conf.py", "from django.conf import settings"),
    ("src/mfa/adapters/system/clock.py", "from datetime import UTC, datetime\n\ndatetime.now(UTC)\n"),
    ("src/mfa/domain/anywhere.py", "from datetime import datetime"),
]


def complaints(path: str, text: str) -> list[str]:
    result = run(
        "ruff",
        "check",
        "--no-cache",
        "--select=TID",
        "--output-format=concise",
        "--stdin-filename",
        path,
        "-",
        text=text,
    )
    return [line for line in result.stdout.splitlines() if line.startswith(path)]


@pytest.mark.parametrize(("path", "text"), BANNED)
def test_what_is_banned_is_noticed(path: str, text: str) -> None:
    assert complaints(path, text)


@pytest.mark.parametrize(("path", "text"), ALLOWED)
def test_what_has_one_place_is_allowed_there(path: str, text: str) -> None:
    assert complaints(path, text) == []
