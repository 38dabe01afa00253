"""What the management commands of operators share: whom they are about, who acts, and how they answer."""

import getpass
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.management.base import BaseCommand, CommandError

from mfa.adapters import accessor
from mfa.adapters.django.database import translate_errors
from mfa.adapters.django.users import writable
from mfa.application.operations import Operator
from mfa.application.use_cases import UseCases
from mfa.config import duration
from mfa.domain.errors import InvalidField, MfaError
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import without_control

SENTENCES = {
    "not_allowed": "That is not allowed for this user.",
    "unavailable": "The database does not answer.",
    "throttled": "Too many change this account at once; try again.",
}


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
        try:
            self.run(accessor.use_cases(), options)
        except InvalidField as error:
            raise CommandError(f"--{error.field} cannot be used: {error.code.replace('_', ' ')}.") from None
        except MfaError as error:
            raise CommandError(SENTENCES.get(error.code, str(error) or error.code)) from None

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Do what the command is for."""
        raise NotImplementedError

    def operator(self, options: Mapping[str, Any]) -> Operator:
        """Return who acts, and why."""
        return Operator(name=options["by"] or getpass.getuser(), why=options["reason"])

    def say(self, options: Mapping[str, Any], document: object, lines: Iterable[str]) -> None:
        """Answer in JSON, or in lines without the control characters that a user's words may have."""
        if options["json"]:
            self.stdout.write(json.dumps(document, default=_written))
            return
        for line in lines:
            self.stdout.write(without_control(line))

    def tell(self, what: str) -> None:
        """Tell of progress, where it does not mix with the answer."""
        self.stderr.write(what)


class UserCommand(OperatorCommand):
    """A command about one user."""

    several = False
    """Whether ``-`` in the place of a user has them read from the standard input, one a line."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom it is about, besides."""
        described = "the natural key of the user" + (", or - for a list on the standard input" if self.several else "")
        parser.add_argument("user", nargs="?", metavar="USER", help=described)
        parser.add_argument("--id", metavar="PK", help="the primary key of the user, in the place of USER")
        super().add_arguments(parser)

    def user(self, options: Mapping[str, Any]) -> UserId:
        """Return the user that is meant; raises ``CommandError``."""
        if (options["user"] is None) == (options["id"] is None):
            raise CommandError("Name the user, by USER or by --id, and not by both.")
        return user_by_key(options["id"]) if options["user"] is None else user_by_name(options["user"])

    def users(self, options: Mapping[str, Any]) -> list[UserId]:
        """Return the users that are meant, all of whom are there; raises ``CommandError``."""
        if options["user"] != "-" or options["id"] is not None:
            return [self.user(options)]
        return [user_by_name(line.strip()) for line in sys.stdin if line.strip()]


def user_by_name(name: str) -> UserId:
    """Return the user of a natural key; raises ``CommandError``."""
    return _user(lambda: writable().get_by_natural_key(name), name)


def user_by_key(key: str) -> UserId:
    """Return the user of a primary key; raises ``CommandError``."""
    return _user(lambda: writable().get(pk=key), key)


def _user(get: Any, named: str) -> UserId:  # noqa: ANN401 - whatever the project's users are
    try:
        return UserId(str(translate_errors(get)().pk))
    except (ObjectDoesNotExist, ValidationError, ValueError, OverflowError):
        raise CommandError(f"There is no user {without_control(named)!r}.") from None


def names_of(user_ids: Iterable[UserId]) -> dict[UserId, str]:
    """Return the natural keys of users, by their primary keys, in one statement."""
    found = translate_errors(writable().in_bulk)(list(user_ids))
    return {UserId(str(key)): str(user.get_username()) for key, user in found.items()}


def lifetime(text: str) -> timedelta:
    """Read a duration as it stands in settings, such as ``1h``; raises ``CommandError``."""
    try:
        return duration(text)
    except ValueError:
        raise CommandError(f"{without_control(text)!r} is no duration: write 30m, 1h or 7d.") from None


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
