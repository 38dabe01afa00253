"""django-otp-webauthn: a table of credentials, one of how they were attested, and one of the handles of users."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import attrs
from django.db.models import BigIntegerField, BinaryField, BooleanField, DateTimeField, Field, TextField

from mfa.adapters.importing.settings import setting
from mfa.adapters.importing.tables import (
    TableSource,
    columns,
    dated_row,
    hints,
    model_table,
    table,
    table_name,
    user_key,
)
from mfa.application.ports.importing import (
    FoundRow,
    FoundUser,
    ImportedCredential,
    KnownUser,
)
from mfa.domain.methods.adoption import NotAdopted

APP = "django_otp_webauthn"

HANDLES_SINCE = "0004_webauthnuserhandle"
"""The migration since which users have a random handle. Before, a digest of the primary key was in its place."""


@attrs.frozen(kw_only=True, repr=False)
class _Beside:
    """What stands in other tables: attestations by credential, handles by user, and since when there are handles."""

    attestations: Mapping[Hashable, Any] = attrs.field(factory=dict)
    handles: Mapping[Hashable, str] = attrs.field(factory=dict)
    since: datetime | None = None


class OtpWebauthnSource(TableSource):
    """Reads credentials; one that is not confirmed there is left out."""

    name = "otp_webauthn"

    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Go through the users; for which site a credential was made, only its attestation tells."""
        credential = table(
            self._model_table("Credential", column="public_key"),
            user_id=user_key(),
            name=TextField(),
            confirmed=BooleanField(),
            credential_id=BinaryField(),
            public_key=BinaryField(),
            sign_count=BigIntegerField(),
            backup_eligible=BooleanField(),
            backup_state=BooleanField(),
            aaguid=TextField(),
            transports=TextField(),
            created_at=DateTimeField(),
            last_used_at=DateTimeField(),
        )
        tables = self._tables(credential)
        # A field of no kind takes a key as it came: a project may have given its credentials others than numbers.
        attestation = table(
            self._model_table("Attestation", column="client_data_json"), credential_id=Field(), data=BinaryField()
        )
        handle = table(f"{APP}_webauthnuserhandle", user_id=user_key(), handle_hex=TextField())
        migration = table("django_migrations", app=TextField(), name=TextField(), applied=DateTimeField())

        there = columns(self._database, *map(table_name, (attestation, handle, migration)))

        def rows_of(model: Any) -> Any:  # noqa: ANN401 - a model that nobody else knows, and its rows
            rows = model._default_manager.using(self._database)  # noqa: SLF001 - Django's name for it
            return rows.all() if table_name(model) in there else rows.none()

        def beside(rows: Sequence[Any]) -> _Beside:
            attested = rows_of(attestation).filter(credential_id__in=[row.pk for row in rows])
            known = rows_of(handle).filter(user_id__in={row.user_id for row in rows})
            return _Beside(
                attestations=dict(attested.values_list("credential_id", "data")),
                handles=dict(known.values_list("user_id", "handle_hex")),
                since=rows_of(migration).filter(app=APP, name=HANDLES_SINCE).values_list("applied", flat=True).first(),
            )

        return tables.users(only, _read, beside=beside)

    def _model_table(self, kind: str, *, column: str) -> str:
        """Return the table of the model that the project names for credentials, or for attestations."""
        return model_table(
            self._database,
            setting(f"OTP_WEBAUTHN_{kind.upper()}_MODEL", f"{APP}.WebAuthn{kind}"),
            column=column,
            default=f"{APP}_webauthn{kind.lower()}",
        )


def _read(row: Any, beside: _Beside) -> Iterable[FoundRow]:  # noqa: ANN401 - a row of the table
    yield dated_row(row, "webauthn", lambda: _credential(row, beside), name=row.name)


def _credential(row: Any, beside: _Beside) -> ImportedCredential:  # noqa: ANN401 - as above
    if not row.confirmed:
        raise NotAdopted("unconfirmed", failed=False)
    attestation = beside.attestations.get(row.pk)
    return ImportedCredential(
        id=_octets(row.credential_id),
        public_key=_octets(row.public_key),
        attestation=None if attestation is None else _octets(attestation),
        sign_count=int(row.sign_count),
        backup_eligible=bool(row.backup_eligible),
        backed_up=bool(row.backup_state),
        aaguid=_aaguid(row.aaguid),
        user_handle=_handle(row, beside),
        transports=hints(row.transports),
    )


def _octets(value: Any) -> bytes:  # noqa: ANN401 - as databases return octets
    return memoryview(value).tobytes()


def _aaguid(text: str) -> bytes | None:
    """Read the name of a model, which nothing hangs on."""
    try:
        return UUID(text).bytes
    except ValueError:
        return None


def _handle(row: Any, beside: _Beside) -> bytes | None:  # noqa: ANN401 - as above
    """Return the user's handle, unless the credential may be older, and know the user by another one."""
    handle = beside.handles.get(row.user_id)
    older = beside.since is not None and (row.created_at is None or row.created_at < beside.since)
    return None if handle is None or older else bytes.fromhex(handle)
