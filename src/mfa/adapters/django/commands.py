"""What the management commands of operators share: whom they are about, who acts, and how they answer."""

import getpass
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from typing import Any

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DataError

from mfa.adapters import accessor
from mfa.adapters.django.database import translate_errors
from mfa.adapters.django.users import by_natural_key, writable
from mfa.application.operations import Operator
from mfa.application.operations.access import LONGEST_PASS, MOST_USES
from mfa.application.operations.operator import MOST_NAME_CHARACTERS, MOST_REASON_CHARACTERS
from mfa.application.ports.audit import SYSTEM, USER
from mfa.application.use_cases import UseCases
from mfa.config import duration
from mfa.domain.errors import InvalidField, MfaError
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import without_control

SENTENCES = {
    "broken_seal": "Something that is sealed does not open: a row was changed, or copied from elsewhere.",
    "not_allowed": "That is not allowed for this user.",
    "rotation_incomplete": "Something goes on being sealed under another key: restart every process, and run it again.",
    "throttled": "Too many change this account at once; try again.",
    "unavailable": "The database does not answer, or has no room for this change now; try again.",
}
"""What a person is told, by the code of an error; any other says it itself."""

WANTED = {
    "by": f"write a name of up to {MOST_NAME_CHARACTERS} characters, which is not '{USER}' or '{SYSTEM}'",
    "lifetime": f"write up to {LONGEST_PASS.days}d",
    "reason": f"write up to {MOST_REASON_CHARACTERS} characters",
    "uses": f"write a number from 1 to {MOST_USES}",
}
"""What can be used, by the option."""


class OperatorCommand(BaseCommand):
    """A command that ends with 0, or with 1 and a sentence on the standard error, and answers in JSON where asked."""

    acts = True
    """Whether it changes anything, so that somebody stands for it in the audit trail."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who acts, and how to answer."""
        parser.add_argument("--json", action="store_true", help="answer in one JSON document on the standard output")
        if self.acts:
            parser.add_argument("--by", metavar="NAME", help="who acts; by default the account of the system")
            parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the audit trail")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run, and turn what the use cases refuse into a sentence."""
        if isinstance(stream := getattr(self.stdout, "_out", None), TextIOWrapper):
            # Where a terminal has no such letter, whoever chose it for a name would end the command in the middle.
            stream.reconfigure(errors="backslashreplace")
        try:
            self.run(accessor.use_cases(), options)
            self.stdout.flush()
        except MfaError as error:
            raise CommandError(sentence(error)) from None
        except BrokenPipeError:
            # Python writes the rest when it ends, and would complain once more (its documentation of SIGPIPE).
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise CommandError("Nobody reads the answer to its end.") from None

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Do what the command is for."""
        raise NotImplementedError

    def operator(self, options: Mapping[str, Any]) -> Operator:
        """Return who acts, and why."""
        return Operator(name=system_account() if options["by"] is None else options["by"], why=options["reason"])

    def say(self, options: Mapping[str, Any], document: object, lines: Iterable[str]) -> None:
        """Answer in JSON, or in lines without the control characters that a user's words may have."""
        if options["json"]:
            self.stdout.write(written(document))
            return
        for line in lines:
            self.stdout.write(without_control(line))

    def tell(self, what: str) -> None:
        """Tell of progress, where it does not mix with the answer."""
        self.stderr.write(self.style.NOTICE(without_control(what)))


class UserCommand(OperatorCommand):
    """A command about one user."""

    user_help = "the natural key of the user"
    id_help = "the primary key of the user, in the place of USER"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom it is about, besides."""
        parser.add_argument("user", nargs="?", metavar="USER", help=self.user_help)
        parser.add_argument("--id", metavar="PK", help=self.id_help)
        super().add_arguments(parser)

    def user(self, options: Mapping[str, Any]) -> UserId:
        """Return the user that is meant; raises ``CommandError``."""
        if (options["user"] is None) == (options["id"] is None):
            raise CommandError("Name the user, by USER or by --id, and not by both.")
        return user_by_name(options["user"]) if options["id"] is None else user_by_key(options["id"])


class UsersCommand(UserCommand):
    """A command that does the same for one user, or for each of a list on the standard input."""

    user_help = "the natural key of the user, or - for a list on the standard input, one a line"
    id_help = "the primary key of the user, or - for a list of them, in the place of USER"

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Find all users first, and then go on where something is refused for one of them."""
        user_ids, operator = self._users(options), self.operator(options)
        names, done, refused = names_of(user_ids), list[dict[str, object]](), 0
        if not user_ids:  # or else whoever piped the wrong list would take silence for success
            self.tell("Nobody stands on the standard input.")
        for user_id in user_ids:
            name = names.get(user_id, user_id)
            try:
                done.append({"user": name, "id": user_id, **self.act(use_cases, user_id, operator)})
            except MfaError as error:
                refused += 1
                self.tell(f"{name}: {sentence(error)}")
        self.say(options, {"users": done}, map(self.line, done))
        if refused:
            raise CommandError(f"It could not be done for {refused} of {len(user_ids)} users.")

    def act(self, use_cases: UseCases, user_id: UserId, operator: Operator) -> Mapping[str, object]:
        """Do it for one user, and return what there is to tell."""
        raise NotImplementedError

    def line(self, done: Mapping[str, Any]) -> str:
        """Tell what was done for one user."""
        raise NotImplementedError

    def _users(self, options: Mapping[str, Any]) -> Sequence[UserId]:
        match options["user"], options["id"]:
            case ["-", None]:
                found = map(user_by_name, _typed())
            case [None, "-"]:
                found = map(user_by_key, _typed())
            case _:
                return [self.user(options)]
        return list(dict.fromkeys(found))


_ENCODING_MARK = "\ufeff"
"""With which some editors begin a text (Unicode 16 section 23.8)."""


def _typed() -> Iterator[str]:
    """Read the lines of the standard input that say anything; raises ``CommandError`` for what is no text."""
    try:
        # A process may have no standard input.
        lines = ("" if sys.stdin is None else sys.stdin.read()).removeprefix(_ENCODING_MARK).split("\n")
    except UnicodeDecodeError:
        raise CommandError("The standard input is no text in the encoding of this terminal.") from None
    return (line.strip() for line in lines if line.strip())


def sentence(error: MfaError) -> str:
    """Say what the core refuses."""
    if isinstance(error, InvalidField):
        return f"--{error.field} cannot be used: {WANTED.get(error.field, error.problem.replace('_', ' '))}."
    return SENTENCES.get(error.code) or str(error) or f"That could not be done: {error.code}."


def system_account() -> str:
    """Return who runs this process, as the operating system has it.

    It is the number of an account without a name, or with one that means somebody else in the audit trail.
    """
    try:
        return Operator(name=getpass.getuser()).name
    except (ImportError, KeyError, OSError, InvalidField):
        return f"uid {os.getuid()}"


def user_by_name(name: str) -> UserId:
    """Return the user of a natural key; raises ``CommandError``."""
    return _user(lambda: by_natural_key(name), name)


def user_by_key(key: object) -> UserId:
    """Return the user of a primary key, in text or as it is; raises ``CommandError``."""
    return _user(lambda: writable().get(pk=key), str(key))


def no_user(named: str) -> CommandError:
    """Return what is raised where nobody is called so."""
    return CommandError(f"There is no user {without_control(named)!r}.")


def _user(get: Callable[[], Any], named: str) -> UserId:
    try:
        return UserId(str(translate_errors(get)().pk))
    except (ObjectDoesNotExist, ValidationError, ValueError, OverflowError, DataError):
        # PostgreSQL takes no text with a zero in it, and so nobody there is called so.
        raise no_user(named) from None
    except MultipleObjectsReturned:
        raise CommandError(f"There are several users {without_control(named)!r}; name one by --id.") from None


def names_of(user_ids: Iterable[UserId]) -> dict[UserId, str]:
    """Return the natural keys of users, by their primary keys, without one for each of them."""
    found = translate_errors(writable().in_bulk)(list(user_ids))
    return {UserId(str(key)): str(user.get_username()) for key, user in found.items()}


def lifetime(text: str) -> timedelta:
    """Read a duration as it stands in settings, such as ``1h``; raises ``CommandError``."""
    try:
        return duration(text)
    except ValueError:
        raise CommandError(f"{without_control(text)!r} is no duration: write 30m, 1h or 7d.") from None


def moment(at: datetime | None) -> str | None:
    """Write a time as the API does, in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def counted(number: int, things: str) -> str:
    """Say how many there are, in the plural in which they are handed over, or of one in the singular."""
    return f"{number} {things.removesuffix('s') if number == 1 else things}"


def written(document: object) -> str:
    """Write JSON in ASCII, in which no control character reaches a terminal."""
    return json.dumps(document)
