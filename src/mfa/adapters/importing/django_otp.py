"""django-otp with its plugins for TOTP, HOTP, mail and static tokens, and the phones of django-two-factor-auth."""

from binascii import unhexlify
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
from django.db.models import BigIntegerField, BooleanField, DateTimeField, IntegerField, TextField

from mfa.adapters.importing.tables import TableSource, UserTables, columns, dated_row, table, table_name, user_key
from mfa.application.ports.importing import (
    FoundRow,
    FoundUser,
    ImportedAddress,
    ImportedCode,
    ImportedCodes,
    ImportedSeed,
    KnownUser,
    SourceUnreadable,
)
from mfa.domain.methods.adoption import NotAdopted

Tokens = Mapping[Any, Sequence[Any]]


class DjangoOtpSource(TableSource):
    """Reads the tables of each plugin that is there; a device that is not confirmed there is left out."""

    name = "django_otp"

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Go through the users; a static device comes with its tokens, of which those that are used are gone."""
        plugins = {each.table: each for each in _PLUGINS}
        there = columns(self._database, *plugins)
        if not there:
            raise SourceUnreadable(
                f"The database {self._database!r} has none of the tables of django-otp, so there is nothing to import."
            )
        tables = UserTables(self._database, [each.model(there[each.table]) for each in _PLUGINS if each.table in there])
        token = table("otp_static_statictoken", device_id=BigIntegerField(), token=TextField())

        def tokens(rows: Sequence[Any]) -> Tokens:
            sheets = [row for row in rows if plugins[table_name(row)].read is _codes]
            return tables.children(token, "device_id", sheets)

        def read(row: Any, tokens: Tokens) -> Iterable[FoundRow]:  # noqa: ANN401 - a row of any of the tables
            plugin = plugins[table_name(row)]
            yield dated_row(row, plugin.method, lambda: _confirmed(plugin, row, tokens), name=row.name)

        return tables.users(only, read, beside=tokens)


def _totp(row: Any, _: Tokens) -> object:  # noqa: ANN401 - a row of the plugin's table
    """Read a seed in hexadecimal, and the step of the last value as it was counted there: from ``t0``, by the drift."""
    return ImportedSeed(
        seed=unhexlify(row.key),
        digits=int(row.digits),
        tolerance=int(row.tolerance),
        period=int(row.step),
        start=int(row.t0),
        drift=int(row.drift),
        spent=int(row.last_t),
    )


def _hotp(row: Any, _: Tokens) -> object:  # noqa: ANN401 - as above
    """Read a seed in hexadecimal, and the counter, which is the next one there."""
    return ImportedSeed(
        seed=unhexlify(row.key), digits=int(row.digits), tolerance=int(row.tolerance), spent=int(row.counter) - 1
    )


def _codes(row: Any, tokens: Tokens) -> object:  # noqa: ANN401 - as above
    return ImportedCodes(codes=tuple(ImportedCode(text=each.token) for each in tokens.get(row.pk, ())))


def _address(row: Any, _: Tokens) -> object:  # noqa: ANN401 - as above
    return ImportedAddress(address=row.email or "")


def _phone(row: Any, _: Tokens) -> object:  # noqa: ANN401 - as above
    """Read a number; its seed is of no use, for a code is made anew for each message here."""
    if row.method == "call":
        raise NotAdopted("called", failed=False)
    # As RFC 3966 writes numbers, where the settings of django-phonenumber-field said so.
    return ImportedAddress(address=row.number.removeprefix("tel:"))


def _nothing_like_it(*_: object) -> object:
    raise NotAdopted("no_method", failed=False)


@attrs.frozen(eq=False, repr=False)
class _Plugin:
    """A table of devices, what its devices are here, how a row of it is read, and of which columns."""

    table: str
    method: str
    read: Callable[[Any, Tokens], object]
    columns: Mapping[str, Callable[[], Any]] = attrs.field(factory=dict)

    def model(self, there: Collection[str]) -> Any:  # noqa: ANN401 - a model that nobody else knows
        """Describe the table by the columns that it has: those of time are not in each version."""
        known = {name: column() for name, column in self.columns.items() if name in there}
        return table(self.table, user_id=user_key(), name=TextField(), confirmed=BooleanField(), **known)


def _confirmed(plugin: _Plugin, row: Any, tokens: Tokens) -> object:  # noqa: ANN401 - a row of the plugin's table
    if not row.confirmed:
        raise NotAdopted("unconfirmed", failed=False)
    return plugin.read(row, tokens)


_TIMES: Mapping[str, Callable[[], Any]] = {"created_at": DateTimeField, "last_used_at": DateTimeField}
_SEED: Mapping[str, Callable[[], Any]] = {"key": TextField, "digits": IntegerField, "tolerance": IntegerField}
_STEPS: Mapping[str, Callable[[], Any]] = {
    "step": IntegerField,
    "t0": BigIntegerField,
    "drift": IntegerField,
    "last_t": BigIntegerField,
}

_PLUGINS = (
    _Plugin("otp_totp_totpdevice", "totp", _totp, {**_SEED, **_STEPS, **_TIMES}),
    _Plugin("otp_hotp_hotpdevice", "hotp", _hotp, {**_SEED, "counter": BigIntegerField, **_TIMES}),
    _Plugin("otp_email_emaildevice", "email", _address, {"email": TextField, **_TIMES}),
    _Plugin("two_factor_phonedevice", "sms", _phone, {"number": TextField, "method": TextField}),
    _Plugin("otp_static_staticdevice", "recovery", _codes, _TIMES),
    _Plugin("two_factor_webauthndevice", "", _nothing_like_it),
    _Plugin("otp_yubikey_yubikeydevice", "", _nothing_like_it),
    _Plugin("otp_yubikey_remoteyubikeydevice", "", _nothing_like_it),
)
"""In the order in which a user's devices get their indexes."""
