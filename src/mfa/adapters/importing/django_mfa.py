"""django-mfa: one table of authenticators, whose data are JSON, and one of the handles that passkeys know users by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import TextField

from mfa.adapters.importing.settings import missing, setting
from mfa.adapters.importing.tables import (
    TableSource,
    as_json,
    as_text,
    authenticators,
    base32,
    dated_row,
    existing,
    sheets,
    table,
    user_key,
)
from mfa.application.ports.importing import (
    FoundRow,
    FoundUser,
    ImportedAddress,
    ImportedCode,
    ImportedCodes,
    ImportedCredential,
    ImportedSeed,
    KnownUser,
)
from mfa.domain.methods.adoption import NotAdopted

SIGNED = "mfa1:"
"""Stands before a seed that is signed and compressed, which is what the package calls encrypted."""

PERIOD = 30

_METHODS = {"totp": "totp", "email": "email", "webauthn": "webauthn", "recovery_codes": "recovery"}
_AAGUID_BYTES = 16
_LENGTH_BYTES = 2

Beside = tuple[Mapping[Any, str], Mapping[Any, str]]
"""The handles of users, and the sheets of codes by the keys of rows."""


class DjangoMfaSource(TableSource):
    """Reads authenticators, which stand there once they are proved; exemptions are a policy, and no device."""

    name = "django_mfa"

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Go through the users; what the row of an older version does not tell is unknown, and nothing else."""
        authenticator = authenticators("django_mfa_authenticator", name=TextField())
        handle = table("django_mfa_mfauserhandle", user_id=user_key(), handle=TextField())
        tables = self._tables(authenticator)
        has_handles = bool(existing(self._database, handle))

        def beside(rows: Sequence[Any]) -> Beside:
            owners = {row.user_id for row in rows if row.type == "webauthn"} if has_handles else ()
            found = handle._default_manager.using(self._database).filter(user_id__in=owners)  # noqa: SLF001 - Django's
            return {each.user_id: str(each.handle) for each in found}, sheets(rows)

        return tables.users(only, _read, beside=beside)


def _read(row: Any, beside: Beside) -> Iterable[FoundRow]:  # noqa: ANN401 - a row of the table
    handles, names = beside
    method = _METHODS.get(row.type, "")
    yield dated_row(row, method, lambda: _found(row, handles.get(row.user_id), names.get(row.pk, "")), name=row.name)


def _found(row: Any, handle: str | None, sheet: str) -> object:  # noqa: ANN401 - as above
    data = as_json(row.data)
    match row.type:
        case "totp":
            return ImportedSeed(
                seed=base32(_opened(as_text(data["secret"]))),
                tolerance=1,
                # The code of the enrolment stands nowhere, only when that was.
                spent=max(int(data.get("last_verified_counter", 0)), int(row.created_at.timestamp()) // PERIOD),
            )
        case "email":
            return ImportedAddress(address=as_text(data.get("address") or ""))
        case "recovery_codes":
            return ImportedCodes(codes=_codes(data), sheet=sheet)
        case "webauthn":
            return _credential(data, handle)
    raise NotAdopted("no_method", failed=False)


def _opened(secret: str) -> str:
    """Check the signature of a seed that is signed, by any of the keys; one from before there were keys has none."""
    if not secret.startswith(SIGNED):
        return secret
    for key in setting("MFA_SECRET_ENCRYPTION_KEYS") or ():
        try:
            return as_text(signing.loads(secret.removeprefix(SIGNED), key=key, salt="django_mfa.secret"))
        except signing.BadSignature:
            continue
    raise missing("MFA_SECRET_ENCRYPTION_KEYS")


def _codes(data: Mapping[str, Any]) -> tuple[ImportedCode, ...]:
    """Read the codes whose positions are not among the used ones: hashes, or the text of those of older versions."""
    used, clear = {*data.get("used", ())}, bool(data.get("migrated_plaintext"))
    left = [as_text(code) for position, code in enumerate(data["codes"]) if position not in used]
    return tuple(ImportedCode(text=code) if clear else ImportedCode(hashed=code) for code in left)


def _credential(data: Mapping[str, Any], handle: str | None) -> ImportedCredential:
    """Read a credential as an authenticator attested it: AAGUID, length, id, key (WebAuthn L3 section 6.5.2).

    Flags of a backup are not kept. The RP ID is that of the setting, where it is still there.
    """
    attested = bytes.fromhex(data["credential_data"])
    start = _AAGUID_BYTES + _LENGTH_BYTES
    end = start + int.from_bytes(attested[_AAGUID_BYTES:start])
    rp_id = setting("MFA_FIDO2_RP_ID")
    return ImportedCredential(
        id=attested[start:end],
        public_key=attested[end:],
        sign_count=int(data["sign_count"]),
        aaguid=attested[:_AAGUID_BYTES],
        rp_id_hash=sha256(rp_id.encode()).digest() if rp_id else None,
        # What a passkey was told is the text of the UUID, dashes and all, which not every database keeps.
        user_handle=None if handle is None else str(UUID(handle)).encode(),
        transports=tuple(data.get("transports") or ()),
    )
