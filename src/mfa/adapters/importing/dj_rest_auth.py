"""dj-rest-auth: one table of authenticators, of apps whose seed is signed and of codes that are made of a seed."""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.core.signing import BadSignature, Signer

from mfa.adapters.importing.settings import member, missing, number
from mfa.adapters.importing.tables import (
    TableSource,
    as_json,
    as_text,
    authenticators,
    aware,
    base32,
    dated_row,
)
from mfa.application.ports.importing import (
    FoundRow,
    FoundUser,
    ImportedCode,
    ImportedCodes,
    ImportedSeed,
    KnownUser,
)
from mfa.domain.methods.adoption import NotAdopted
from mfa.domain.secrets import equal

SETTING = "REST_AUTH"

TOLERANCE = 1

CODE_BITS = 32

_METHODS = {"totp": "totp", "recovery_codes": "recovery"}


class DjRestAuthSource(TableSource):
    """Reads authenticators, which stand there once they are proved."""

    name = "dj_rest_auth"

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Go through the users."""
        return self._tables(authenticators("dj_rest_auth_mfa_authenticator")).users(only, _read)


def _read(row: Any, _: object) -> Iterable[FoundRow]:  # noqa: ANN401 - a row of the table
    yield dated_row(row, _METHODS.get(row.type, ""), lambda: _found(row, as_json(row.data)))


def _found(row: Any, data: Mapping[str, Any]) -> object:  # noqa: ANN401 - as above
    if row.type == "totp":
        return _app(data, created_at=aware(row.created_at), last_used_at=aware(row.last_used_at))
    if row.type == "recovery_codes":
        return _codes(data)
    raise NotAdopted("no_method", failed=False)


def _number(key: str, default: int) -> int:
    return number(SETTING, member(SETTING, key, default))


def _app(data: Mapping[str, Any], *, created_at: datetime | None, last_used_at: datetime | None) -> ImportedSeed:
    """Read a seed, and the step of the last code, which is not kept: only the code is, and when it was used.

    The code of the activation is kept nowhere, so until then any may have been used; and so may any until the last use,
    where no step has that code.
    """
    seed = base32(_signed(as_text(data["secret"])))
    digits, period = _number("MFA_TOTP_DIGITS", 6), _number("MFA_TOTP_PERIOD", 30)
    spent, used_at, last_code = None, created_at, data.get("last_code")
    if last_code is not None and last_used_at is not None:
        # One step either side is looked at there; and the time is taken after that, perhaps in the next step.
        step = int(last_used_at.timestamp()) // period
        steps = range(step + TOLERANCE, step - TOLERANCE - 2, -1)
        spent = next((each for each in steps if equal(_code(seed, each, digits), str(last_code).encode())), None)
    if last_code is not None and spent is None:
        used_at = last_used_at
    return ImportedSeed(seed=seed, digits=digits, period=period, tolerance=TOLERANCE, spent=spent, used_at=used_at)


def _signed(secret: str) -> str:
    """Check the signature of a seed, which is not encrypted: anybody could read one that was forged."""
    try:
        return Signer(salt="dj-rest-auth-mfa-totp-secret").unsign(secret)
    except BadSignature:
        raise missing("SECRET_KEY") from None


def _code(seed: bytes, step: int, digits: int) -> bytes:
    """Make the value of a step (RFC 4226 section 5.3)."""
    digest = hmac.digest(seed, step.to_bytes(8), "sha1")
    start = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 10**digits:0{digits}}".encode()


def _codes(data: Mapping[str, Any]) -> ImportedCodes:
    """Make the codes of their seed, which is in hexadecimal, and leave out those that are used.

    How many there are is what the setting says now, whatever it said when the codes were shown.
    """
    seed, used, codes = bytes.fromhex(data["seed"]), data.get("used_mask", 0), []
    for position in range(_number("MFA_RECOVERY_CODE_COUNT", 10)):
        if not used >> position & 1:
            digest = hmac.digest(seed, str(position).encode(), "sha256")[: CODE_BITS // 8].hex()
            codes.append(ImportedCode(text=f"{digest[:4]}-{digest[4:]}", bits=CODE_BITS))
    return ImportedCodes(codes=tuple(codes))
