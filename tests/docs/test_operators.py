"""Runs what the operator's handbook types, in its order, for people who are in the situations that it tells of.

``console`` blocks have their commands behind ``$``, each with its answer, in which ``...`` stands for anything; what it
says on the standard error is part of it. ``# project/settings.py`` blocks are in force from where they stand.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.django import signals
from mfa.application.devices import Rename
from mfa.domain.events import EVENT_NAMES
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.docs.commands import has_commands, shown_by
from tests.docs.pages import ROOT, Block, blocks, fits, rows, typed
from tests.integration.django.world import App, World

PAGE = ROOT / "docs" / "operators.md"
SETTINGS = "# project/settings.py\n"
METHODS = ["totp", "email", "recovery"]
DEVICES = "user,method,secret,name\nalice,totp,gezd gnbv gy3t qojq gezd gnbv gy3t qojq,Tablet\nfrank,totp,gezdgnbv\n"
CODE = re.compile(r"`([^`]+)`")


class Desk:
    """The people of the handbook, and whoever types for them."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.begin()

    def begin(self) -> None:
        """Have everybody in the situation that the handbook begins with, on a site without keys of its own."""
        get_user_model().objects.all().delete()
        self.settings.SECRET_KEY = "the old secret"
        self.world = World(self.settings, METHODS=METHODS)
        keys = {name: self.person(name) for name in ("alice", "bob", "carol", "dave")}
        get_user_model().objects.create_user("erin")
        (self.folder / "leavers.txt").write_text("carol\n")
        (self.folder / "devices.csv").write_text(DEVICES)
        (self.folder / "keys.txt").write_text(f"{keys['bob']}\n{keys['dave']}\n")

    def person(self, name: str) -> str:
        """Somebody with a phone and recovery codes; Bob has an app on the laptop, and Dave one that is not his."""
        key = str(get_user_model().objects.create_user(name, f"{name}@example.com").pk)
        token = Token(id=TokenId(f"digest of a token of {name}"), user_id=UserId(key))
        self._call(self.world.enrolled(token), token, "Pixel 9")
        other = {"bob": "Laptop", "dave": "not mine"}.get(name)
        if other is not None:
            self._call(self.world.enrolled(token), token, other)
        self.world.register(token, "recovery")
        return key

    def _call(self, app: App, token: Token, name: str) -> None:
        accessor.use_cases().rename_device(Rename(token=token, index=app.index, name=name))

    def configure(self, block: Block) -> None:
        """Put the settings of a block in force; those with another secret are of a site that has just begun."""
        names: dict[str, Any] = {}
        exec(block.text, names)  # noqa: S102 - it is what the page says
        if "SECRET_KEY" in names:
            self.begin()
        for name in ("SECRET_KEY", "SECRET_KEY_FALLBACKS"):
            if name in names:
                setattr(self.settings, name, names[name])
        self.world = World(self.settings, METHODS=METHODS, **names["MFA"])

    def type(self, line: str, monkeypatch: pytest.MonkeyPatch) -> str:
        """Run a command, and return what a terminal shows of it."""
        line, _, file = line.partition(" < ")
        monkeypatch.setattr("sys.stdin", io.StringIO((self.folder / file).read_text() if file else ""))
        return shown_by(line)


@pytest.mark.django_db
def test_every_command_answers_as_the_handbook_says(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, typed_lines = Desk(settings, tmp_path), 0
    monkeypatch.chdir(tmp_path)
    for block in blocks(PAGE, "console", "python"):
        if block.text.startswith(SETTINGS):
            desk.configure(block)
        if not has_commands(block):
            continue
        for line in typed(block):
            shown = desk.type(line.command, monkeypatch)
            typed_lines += 1
            assert fits(line.answer, shown), f"{line.place}\n$ {line.command}\n{shown}\nis not\n{line.answer}"

    assert typed_lines > 20


def test_every_command_of_the_handbook_is_in_its_table() -> None:
    table = {CODE.findall(row[0])[0].split()[0] for row in rows(PAGE, "The operator's handbook")}
    commands = ROOT / "src" / "mfa" / "adapters" / "django" / "management" / "commands"

    assert table == {file.stem for file in commands.glob("mfa_*.py")}


def test_alerts_are_on_events_that_there_are() -> None:
    told = {name for row in rows(PAGE, "Monitoring") for name in CODE.findall(row[0])}
    alarming: Callable[[Any], bool] = signals._ALARMING.__contains__
    warned = {event.name for event in signals.SIGNALS if alarming(event)}

    [asked] = blocks(PAGE, "text")
    logged = re.findall(r'mfa_event="(\w+)"', asked.text)

    assert told <= {*EVENT_NAMES}
    assert logged
    assert {*logged} <= {event.__name__ for event in signals.SIGNALS}
    assert warned <= told, "whatever the log warns of"
