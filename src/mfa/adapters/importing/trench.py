"""django-trench: one table, whose rows are methods that each have backup codes of their own."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError, ObjectDoesNotExist
from django.db.models import BooleanField, TextField

from mfa.adapters.importing.settings import member, missing, number
from mfa.adapters.importing.tables import TableSource, base32, found_row, model_table, table, user_key
from mfa.application.ports.importing import (
    FoundRow,
    FoundUser,
    ImportedAddress,
    ImportedCode,
    ImportedCodes,
    ImportedSeed,
    KnownUser,
)
from mfa.domain.methods.adoption import NotAdopted

SETTING = "TRENCH_AUTH"

_ADDRESSES = {"email": "email", "sms_api": "phone_number", "sms_twilio": "phone_number"}
"""The methods that send something, and the field of the user that an address stands in unless a setting names one."""

_METHODS = {"app": "totp", "email": "email", "sms_api": "sms", "sms_twilio": "sms"}

_HASH = re.compile(r"[a-z][a-z0-9_]*\$.{20,}")
"""A password hash of Django's, also one whose hasher is not installed here."""

Owners = Mapping[Any, Any]


class TrenchSource(TableSource):
    """Reads active methods: one that is not was never proved, or was switched off, though its row keeps everything."""

    name = "trench"

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Go through the users; addresses are read from the users of this deployment, for the table has none."""
        model = table(
            model_table(
                self._database,
                member(SETTING, "USER_MFA_MODEL", "trench.MFAMethod"),
                column="secret",
                default="trench_mfamethod",
            ),
            user_id=user_key(),
            name=TextField(),
            secret=TextField(),
            is_active=BooleanField(),
            backup_codes=TextField(db_column="_backup_codes"),
        )
        return self._tables(model).users(only, _read, beside=_owners)


def _owners(rows: Sequence[Any]) -> Owners:
    """Return the users whose addresses are asked for, with the related rows that these stand in."""
    keys = {row.user_id for row in rows if row.is_active and row.name in _ADDRESSES}
    related = set[str]()
    for name in _ADDRESSES:
        with suppress(NotAdopted):
            related.add(_source_field(name).rpartition(".")[0].replace(".", "__"))
    related.discard("")
    users = get_user_model()._base_manager.filter(pk__in=keys)  # noqa: SLF001 - Django's name for it
    try:
        return (users.select_related(*related) if related else users).in_bulk()
    except FieldError:
        # The path is no path of relations; what it leads to is asked of each user.
        return users.in_bulk()


def _read(row: Any, owners: Owners) -> Iterable[FoundRow]:  # noqa: ANN401 - a row of the table
    yield found_row(row, _METHODS.get(row.name, ""), lambda: _device(row, owners))
    if row.is_active:
        yield found_row(row, "recovery", lambda: _codes(row.backup_codes), part="backup_codes")


def _device(row: Any, owners: Owners) -> object:  # noqa: ANN401 - as above
    if not row.is_active:
        raise NotAdopted("unconfirmed", failed=False)
    if row.name == "app":
        return ImportedSeed(seed=base32(row.secret), period=number(SETTING, _method("app").get("VALIDITY_PERIOD", 30)))
    if row.name in _ADDRESSES:
        return ImportedAddress(address=_address(owners.get(row.user_id), _source_field(row.name)))
    raise NotAdopted("no_method", failed=False)


def _method(name: str) -> Mapping[str, Any]:
    methods = member(SETTING, "MFA_METHODS", {})
    found = methods.get(name, {}) if isinstance(methods, Mapping) else None
    if not isinstance(found, Mapping):
        raise missing(SETTING)
    return found


def _source_field(name: str) -> str:
    path = _method(name).get("SOURCE_FIELD", _ADDRESSES[name])
    if not isinstance(path, str):
        raise missing(SETTING)
    return path


def _address(user: Any, path: str) -> str:  # noqa: ANN401 - whatever model the project has
    """Follow the path from the user to an address, which may be a number of a class of its own."""
    found = user
    try:
        for name in path.split(".") if user is not None else ():
            found = getattr(found, name)
    except ObjectDoesNotExist:
        found = None
    except AttributeError:
        raise missing(SETTING) from None
    if not found:
        raise NotAdopted("no_address", failed=False)
    return str(found)


def _codes(text: str) -> ImportedCodes:
    """Read codes that are hashed, or lie in clear, as the setting says; what is the other was no good there either."""
    stored = [code for code in text.split("|") if code]
    hashed = bool(member(SETTING, "ENCRYPT_BACKUP_CODES", default=True))
    if any(bool(_HASH.match(code)) != hashed for code in stored):
        raise missing(SETTING)
    return ImportedCodes(
        codes=tuple(ImportedCode(hashed=code) if hashed else ImportedCode(text=code) for code in stored)
    )
