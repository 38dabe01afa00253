"""django-allauth: one table of authenticators, with secrets that an adapter of the project encrypts, if it has one."""

import hmac
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils.http import int_to_base36

from mfa.adapters.importing.settings import loaded, missing, number, setting
from mfa.adapters.importing.tables import (
    TableSource,
    as_json,
    as_text,
    authenticators,
    aware,
    base32,
    dated_row,
    hints,
    sheets,
)
from mfa.application.ports.importing import (
    FoundRow,
    FoundUser,
    ImportedCode,
    ImportedCodes,
    ImportedCredential,
    ImportedSeed,
    KnownUser,
)
from mfa.domain.methods.adoption import NotAdopted

ADAPTER = "MFA_ADAPTER"
GETTER = "ALLAUTH_SETTING_GETTER"

OWN_MODULE = "allauth.mfa.adapter"
OWN_ADAPTER = f"{OWN_MODULE}.DefaultMFAAdapter"
"""Encrypts nothing, and what is not here any more is not needed for it."""

_SEED = re.compile("[A-Za-z2-7]{1,64}=*")
_CODES_SEED = re.compile("[0-9A-Fa-f]{1,80}")
_CODE = re.compile(r"[^\0]{1,40}")
"""What secrets look like in clear. One that is longer than any that is made there, or that users of django-otp brought
along (40 octets), was encrypted, though it may happen to be written in the same letters."""

_METHODS = {"totp": "totp", "recovery_codes": "recovery", "webauthn": "webauthn"}


class AllauthSource(TableSource):
    """Reads authenticators, all of which were proved before they were stored."""

    name = "allauth"

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Go through the users; which of an app's codes are used is in no table, only when one was, at the latest."""
        return self._tables(authenticators("mfa_authenticator")).users(only, _read, beside=sheets)


def _read(row: Any, names: Mapping[Any, str]) -> Iterable[FoundRow]:  # noqa: ANN401 - a row of the table
    try:
        data = as_json(row.data)
    except NotAdopted:
        data = None
    name = data.get("name") if isinstance(data, Mapping) else None
    method = _METHODS.get(row.type, "")
    yield dated_row(row, method, lambda: _found(row, data, names.get(row.pk, "")), name=name)


def _found(row: Any, data: Any, sheet: str) -> object:  # noqa: ANN401 - as above, and whatever JSON has
    match row.type:
        case "totp":
            return ImportedSeed(
                seed=base32(_secret(data["secret"], _SEED)),
                digits=_number("MFA_TOTP_DIGITS", 6),
                period=_number("MFA_TOTP_PERIOD", 30),
                tolerance=_number("MFA_TOTP_TOLERANCE", 0),
                # The code of the activation is no use there, so only the time of it is known.
                used_at=aware(max(filter(None, (row.created_at, row.last_used_at)), default=None)),
            )
        case "recovery_codes":
            return ImportedCodes(codes=tuple(ImportedCode(text=code) for code in _codes(data)), sheet=sheet)
        case "webauthn":
            return _credential(row.user_id, data["credential"]["response"])
    raise NotAdopted("no_method", failed=False)


def _setting(name: str, default: object) -> Any:  # noqa: ANN401 - whatever allauth takes
    """Return a setting as allauth does, which may ask a function of the project's for it."""
    getter = setting(GETTER, setting)
    return (loaded(GETTER, getter) if isinstance(getter, str) else getter)(name, default)


def _number(name: str, default: int) -> int:
    return number(name, _setting(name, default))


def _secret(kept: object, form: re.Pattern[str]) -> str:
    """Decrypt a secret as the project does; what then has not its form is of another adapter, or none."""
    if not isinstance(kept, str) or not kept:
        raise NotAdopted("unreadable")
    path, text = _setting(ADAPTER, OWN_ADAPTER), kept
    if path != OWN_ADAPTER:
        try:
            text = as_text(loaded(ADAPTER, path)().decrypt(kept))
        except Exception:  # noqa: BLE001 - what a wrong key raises is the project's affair
            raise missing(ADAPTER) from None
    if not form.fullmatch(text):
        raise missing(ADAPTER)
    return text


def _codes(data: Mapping[str, Any]) -> Iterable[str]:
    """Return the codes that are left: of a list from elsewhere, from which used ones are gone, or made of a seed.

    The seed is the key as it stands, in hexadecimal, and each code the beginning of a digest that goes on from the one
    before. How many there are, and how long, is what the settings say now, not what they said when they were shown.
    """
    moved = data.get("migrated_codes")
    if moved is not None:
        if not isinstance(moved, list):
            raise NotAdopted("unreadable")
        return [_secret(each, _CODE) for each in moved]
    count, digits = _number("MFA_RECOVERY_CODE_COUNT", 10), _number("MFA_RECOVERY_CODE_DIGITS", 8)
    digest, used, left = hmac.new(_secret(data["seed"], _CODES_SEED).encode(), digestmod="sha1"), data["used_mask"], []
    for position in range(count):
        digest.update(f"{position:3},".encode())
        if not used >> position & 1:
            left.append(f"{int.from_bytes(digest.digest()[: digits // 2]) % 10**digits:0{digits}}")
    return left


def _credential(user: object, response: Mapping[str, Any]) -> ImportedCredential:
    """Read a credential of the response that registered it, as it was then; only its count has gone on since."""
    attestation: str = response["attestationObject"]
    return ImportedCredential(
        attestation=urlsafe_b64decode(attestation + "=" * (-len(attestation) % 4)),
        user_handle=_handle(user),
        transports=hints(response.get("transports")),
    )


def _handle(user: object) -> bytes | None:
    """Return by what authenticators know a user: the primary key, unless the project has found something else.

    What that is, is unknown then.
    """
    path = _setting(ADAPTER, OWN_ADAPTER)
    try:
        adapter = None if path == OWN_ADAPTER else loaded(ADAPTER, path)
    except NotAdopted:
        return None
    entity = getattr(adapter, "get_public_key_credential_user_entity", None)
    if getattr(entity, "__module__", OWN_MODULE) != OWN_MODULE:
        return None
    if isinstance(user, UUID):
        return user.hex.encode()
    return (int_to_base36(user) if isinstance(user, int) else str(user)).encode()
