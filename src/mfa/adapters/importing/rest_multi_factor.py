"""rest-multi-factor with its two plugins: a table of devices for each, whose seeds are encrypted."""

from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import md5
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from django.db.models import BigIntegerField, BooleanField, TextField

from mfa.adapters.importing.settings import loaded, member, missing, setting
from mfa.adapters.importing.tables import TableSource, UserTables, existing, found_row, table, user_key
from mfa.application.ports.importing import (
    FoundRow,
    FoundUser,
    ImportedSeed,
    KnownUser,
    SourceUnreadable,
)
from mfa.domain.methods.adoption import NotAdopted

SETTING: Final = "REST_MULTI_FACTOR"

TOTP: Final = "totp_totpdevice"
HOTP: Final = "hotp_hotpdevice"
CHALLENGES: Final = "hotp_hotpchallenge"

_OWN_ENCRYPTION = ("rest_multi_factor.encryption.AESEncryption", "rest_multi_factor.encryption.aes.AESEncryption")


class RestMultiFactorSource(TableSource):
    """Reads the devices of both plugins; there each row is a factor, proved or not, so each comes."""

    name = "rest_multi_factor"

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Go through the users; whether a counter-based device was ever used, only its challenges tell."""
        totp = table(TOTP, user_id=user_key(), secret=TextField())
        hotp = table(HOTP, user_id=user_key(), secret=TextField(), counter=BigIntegerField())
        challenge = table(CHALLENGES, device_id=BigIntegerField(), confirm=BooleanField())
        devices = existing(self._database, totp, hotp)
        if not devices:
            raise SourceUnreadable(
                f"The database {self._database!r} has neither {TOTP!r} nor {HOTP!r}, so there is nothing to import."
            )
        has_challenges = bool(existing(self._database, challenge))

        def used(rows: Sequence[Any]) -> Collection[Any]:
            keys = [row.pk for row in rows if isinstance(row, hotp)]
            if not has_challenges:
                return keys
            found = challenge._default_manager.using(self._database).filter(device_id__in=keys)  # noqa: SLF001 - Django's
            return {each.device_id for each in found if each.confirm}

        def read(row: Any, used: Collection[Any]) -> Iterable[FoundRow]:  # noqa: ANN401 - a row of either table
            if isinstance(row, totp):
                yield found_row(row, "totp", lambda: _totp(row))
            else:
                yield found_row(row, "hotp", lambda: _hotp(row, used=row.pk in used))

        return UserTables(self._database, devices).users(only, read, beside=used)


def _totp(row: Any) -> ImportedSeed:  # noqa: ANN401 - a row of the table
    """Read a seed; which codes were used is recorded nowhere."""
    return ImportedSeed(
        seed=_decrypted(row.secret),
        digits=_parameter("TOTP_DIGITS", 6),
        period=_parameter("TOTP_PERIOD", 30),
        tolerance=_parameter("TOTP_TOLERANCE", 2),
        algorithm=_algorithm("TOTP_ALGORITHM"),
    )


def _hotp(row: Any, *, used: bool) -> ImportedSeed:  # noqa: ANN401 - as above
    """Read a seed and its first counter, which never moves there: once a value was used, the whole window may be."""
    tolerance = _parameter("HOTP_TOLERANCE", 2)
    first = int(row.counter)
    return ImportedSeed(
        seed=_decrypted(row.secret),
        digits=_parameter("HOTP_DIGITS", 6),
        tolerance=tolerance,
        algorithm=_algorithm("HOTP_ALGORITHM"),
        spent=first + tolerance if used else first - 1,
    )


def _parameter(name: str, default: int) -> int:
    try:
        return int(member(SETTING, name, default))
    except (TypeError, ValueError):
        raise missing(SETTING) from None


def _algorithm(name: str) -> str:
    """Return the one hash with which the package agreed with any app: of longer ones it cuts out other bits."""
    named = member(SETTING, name, "hashlib.sha1")
    made = loaded(SETTING, named) if isinstance(named, str) else named
    if made().name != "sha1":
        raise NotAdopted("algorithm")
    return "sha1"


def _decrypted(secret: str) -> bytes:
    """Return the octets that are the seed: digits of hexadecimal as they stand, of which apps were told the base32."""
    named = member(SETTING, "DEFAULT_ENCRYPTION_CLASS", _OWN_ENCRYPTION[0])
    if named not in _OWN_ENCRYPTION:
        encryption = loaded(SETTING, named) if isinstance(named, str) else named
        try:
            return bytes(encryption().decrypt(secret.encode()))
        except Exception:  # noqa: BLE001 - the project's own, with errors of its own
            raise missing(SETTING) from None
    digest = md5(setting("SECRET_KEY").encode(), usedforsecurity=False).hexdigest()
    try:
        return Fernet(urlsafe_b64encode(digest.encode())).decrypt(secret.encode())
    except InvalidToken:
        raise missing("SECRET_KEY") from None
