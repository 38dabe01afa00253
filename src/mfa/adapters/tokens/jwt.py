"""The JSON web tokens of djangorestframework-simplejwt, and what they tell of verifications."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import update_last_login
from django.core.exceptions import ObjectDoesNotExist
from django.db import router
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.fields import empty
from rest_framework.serializers import Serializer
from rest_framework_simplejwt import serializers
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, BlacklistMixin, RefreshToken
from rest_framework_simplejwt.tokens import Token as JsonWebToken

from mfa.adapters import accessor, logins
from mfa.adapters.tokens.rows import users
from mfa.application.ports.tokens import (
    PreparedToken,
    Recorded,
    StandingRecorder,
    TokenEnder,
    TokenIssuer,
    TokenProvider,
)
from mfa.application.standing import Standing
from mfa.config import Config
from mfa.domain.accounts import Account
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Confirmation

FAMILY = "sid"
"""The claim by which all tokens of one login are known (OpenID Connect Front-Channel Logout 1.0, section 3)."""

FAMILY_BYTES = 32

BEGUN = "mfa_begun"
"""The claim that tells when that login was, in seconds since 1970 with a fraction; ``iat`` has none, and moves on."""

_BLACKLIST = "rest_framework_simplejwt.token_blacklist"

_BATCH = 500
"""Tokens that are put on the blacklist in one statement."""

REFERENCES: Mapping[str, str] = {
    **dict.fromkeys(("totp", "hotp", "email", "recovery"), "otp"),
    "sms": "sms",
    "webauthn": "pop",
}
"""What a method is in ``amr``, by the registry of RFC 8176 section 6.1.

A security key proves the possession of a key; whether hardware keeps it (``hwk``), as a passkey that travels between
machines does not, nobody can tell without attestation.
"""

Kind = TypeVar("Kind")

_TOLD = ("acr", "auth_time", "mfa", "mfa_required", "mfa_enrolled", "mfa_deadline")


class JwtTokenProvider(TokenProvider, TokenIssuer, TokenEnder, StandingRecorder):
    """Knows all tokens of one login by the claim that the login put into them."""

    def __init__(self, config: Config) -> None:
        self._by_claims = config.jwt_gate == "claims"

    @property
    def scheme(self) -> str:
        """Return the first of the header types that simplejwt is configured with."""
        return _scheme()

    def token_of(self, request: object) -> Token | None:
        """Return the family of the token that simplejwt's authentication left on the request, for its user.

        A token without one was not made by a login of this module, and is none of this provider's.
        """
        auth = getattr(request, "auth", None)
        if not isinstance(auth, JsonWebToken):
            return None
        family, user_id = auth.get(FAMILY), _user_id(getattr(request, "user", None), auth)
        if not isinstance(family, str) or not family or user_id is None:
            return None
        return _token(user_id, family, _issued_at(auth))

    def recorded(self, request: object) -> Recorded | None:
        """Return what the claims of an access token tell, where ``JWT_GATE`` has them decide.

        A token that was made before they told all of it, or by somebody else, is left to the database.
        """
        auth = getattr(request, "auth", None)
        return _recorded(auth) if self._by_claims and isinstance(auth, JsonWebToken) else None

    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        """Prepare a family for a user who may have one, as a login by password does."""
        user = users().filter(pk=user_id).first()
        if user is None or not api_settings.USER_AUTHENTICATION_RULE(user):
            return None
        family = secrets.token_urlsafe(FAMILY_BYTES)

        def issue() -> Mapping[str, object]:
            refresh = FamilyRefreshToken.for_user(user)
            refresh[FAMILY] = family
            return {"access": str(refresh.access_token), "refresh": str(refresh)}

        return PreparedToken(token=_token(user_id, family), issue=issue)

    def end_all(self, user_id: UserId) -> Mapping[str, int | None]:
        """Put the user's refresh tokens on the blacklist, where that is installed; an access token lives its minutes.

        Where it is not, no token can be ended: what they confirmed is gone, and ``issued_at`` keeps them from more.
        """
        if not apps.is_installed(_BLACKLIST):
            return {"jwt": None}
        known, ended = (apps.get_model("token_blacklist", name) for name in ("OutstandingToken", "BlacklistedToken"))
        database = router.db_for_write(ended)
        living = known._base_manager.using(database).filter(user_id=user_id, blacklistedtoken__isnull=True)  # noqa: SLF001 - Django's name for it
        rows = [ended(token_id=key) for key in living.values_list("pk", flat=True)]
        # Somebody else may end one at the same moment.
        ended._base_manager.using(database).bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)  # noqa: SLF001 - as above
        return {"jwt": len(rows)}


def _scheme() -> str:
    types = api_settings.AUTH_HEADER_TYPES
    return str(types if isinstance(types, str) else types[0])


def _token(user_id: UserId, family: str, issued_at: datetime | None = None) -> Token:
    known = f"{family}/{user_id}".encode("utf-8", "surrogatepass")
    identity = TokenId(f"jwt:{hashlib.sha256(b'mfa/jwt/' + known).hexdigest()}")
    return Token(id=identity, user_id=user_id, scheme=_scheme(), issued_at=issued_at)


def _issued_at(token: JsonWebToken) -> datetime | None:
    """Return when the login was of which a token is, or when that was made where it does not tell of its login."""
    begun = token.get(BEGUN, token.get("iat"))
    if type(begun) not in {int, float}:
        return None
    try:
        return datetime.fromtimestamp(begun, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _user_id(user: object, token: JsonWebToken) -> UserId | None:
    """Return the primary key of a token's user, or None where a stateless one is known by something else.

    What a project puts into ``USER_ID_CLAIM`` instead may be the primary key of somebody else. None also for anybody
    whom something that impersonates users has put into his place.
    """
    key, stored = getattr(user, "pk", None), isinstance(user, get_user_model())
    named = getattr(user, api_settings.USER_ID_FIELD, None) if stored else key
    known = (
        key is not None
        and (stored or _names_primary_key())
        and str(named) == str(token.get(api_settings.USER_ID_CLAIM))
    )
    return UserId(str(key)) if known else None


def _names_primary_key() -> bool:
    return api_settings.USER_ID_FIELD in {"pk", get_user_model()._meta.pk.name}  # noqa: SLF001 - Django's name for it


class FamilyRefreshToken(RefreshToken):
    """A refresh token that names its family, and whose access tokens tell how the family stands when they are made."""

    account: Account | None = None
    """The account as the family meets it, where a login has just read it."""

    def __init__(self, token: Any = None, verify: bool = True) -> None:  # noqa: ANN401, FBT001, FBT002 - as in simplejwt
        super().__init__(token, verify)
        if token is None:
            self[FAMILY] = secrets.token_urlsafe(FAMILY_BYTES)
            self[BEGUN] = self.current_time.timestamp()

    @property
    def access_token(self) -> AccessToken:
        """Make an access token; one read tells what its family has verified by now."""
        access = super().access_token
        family = access.get(FAMILY)
        user_id = self._user_id()
        for claim in _TOLD:
            access.payload.pop(claim, None)
        if isinstance(family, str) and family and user_id is not None:
            account = self.account or logins.account_of(_token(user_id, family))
            standing = accessor.use_cases().assess_token.judge(account)
            access.payload.update(_claims(standing, access.get("amr") or ()))
        return access

    def blacklist(self) -> Any:  # noqa: ANN401 - as in simplejwt
        """Put the token on the blacklist; raises ``TokenError`` where it is there already.

        Of several requests that exchange one token at the same moment one succeeds, as it would one after another:
        otherwise the family had two ends, of which a logout closes one.
        """
        entered: Any = super().blacklist()
        if not entered[1]:
            raise TokenError(_("Token is blacklisted"))
        return entered

    def _user_id(self) -> UserId | None:
        """Return the primary key of the token's user, with a look-up only where the claim is something else."""
        key = self.get(api_settings.USER_ID_CLAIM)
        if key is not None and not _names_primary_key():
            key = users().filter(**{api_settings.USER_ID_FIELD: key}).values_list("pk", flat=True).first()
        return None if key is None else UserId(str(key))


def new_refresh(user: Any) -> FamilyRefreshToken:  # noqa: ANN401 - whatever model the project has
    """Make a refresh token that is stored nowhere; ``outstand()`` enters it among those that can be blacklisted."""
    # The mixin would store it at once, where there is a blacklist.
    return super(BlacklistMixin, FamilyRefreshToken).for_user(user)  # type: ignore[return-value] # it is of that class


def _claims(standing: Standing, login: Iterable[str]) -> Iterator[tuple[str, object]]:
    """Tell of a standing in the words of RFC 8176 (``amr``) and RFC 9470 (``acr``, ``auth_time``).

    Whoever knows no more than the words has to be safe with them: a token that is not verified has no ``acr``, nor
    ``mfa`` in its ``amr``, whatever it has confirmed; nor has one that is verified by a remembered browser alone, for
    which nobody has proved anything now.
    """
    confirmed = standing.confirmations
    proved = [each for each in confirmed if not each.trusted]
    references = [*login, *(REFERENCES[each.method] for each in proved if each.method in REFERENCES)]
    if standing.verified and proved:
        references.append("mfa")
        yield "acr", "phr" if any(each.phishing_resistant for each in proved) else "mfa"
        yield "auth_time", int(max(each.at for each in proved).timestamp())
    if references:
        yield "amr", list(dict.fromkeys(references))
    yield "mfa", [[each.method, int(each.at.timestamp()), each.index] for each in confirmed]
    yield "mfa_required", standing.required
    yield "mfa_enrolled", standing.enrolled
    if standing.grace_until is not None:
        yield "mfa_deadline", int(standing.grace_until.timestamp())


def _recorded(token: JsonWebToken) -> Recorded | None:
    """Read what ``_claims`` wrote; None for whatever is not written like that."""
    try:
        verifications = tuple(
            Confirmation(index=_number(index), method=_exactly(str, method), at=_moment(at))
            for method, at, index in _exactly(list, token["mfa"])
        )
        deadline = token.get("mfa_deadline")
        recorded = Recorded(
            required=_number(token["mfa_required"]),
            enrolled=_exactly(bool, token["mfa_enrolled"]),
            verifications=verifications,
            grace_until=None if deadline is None else _moment(deadline),
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    return recorded if len({each.index for each in verifications}) == len(verifications) else None


def _moment(seconds: object) -> datetime:
    return datetime.fromtimestamp(_number(seconds), UTC)


def _number(value: object) -> int:
    number = _exactly(int, value)
    if number < 0:
        raise ValueError("a negative number")
    return number


def _exactly(kind: type[Kind], value: object) -> Kind:
    """Return a value of that very type, by which true is no number; raises ``TypeError``."""
    if type(value) is not kind:
        raise TypeError("a value of another type")
    return value


class _Unkept(Serializer[Any]):
    """Keeps the answer out of every cache, also that of a view which is simplejwt's own (RFC 6749 section 5.1)."""

    def run_validation(self, data: Any = empty) -> Any:  # noqa: ANN401 - as in DRF
        """Read the body, once it is sure that whatever is answered is not kept."""
        headers = getattr(self.context.get("view"), "headers", None)
        if headers is not None:  # in which DRF takes what it adds to the answer
            headers["Cache-Control"] = "no-store"
        return super().run_validation(data)


class TokenObtainPairSerializer(_Unkept, serializers.TokenObtainPairSerializer):
    """Logs in by password, and by a second factor where one comes along, and begins a family of tokens."""

    token_class = FamilyRefreshToken
    mfa_login = (serializers.TokenObtainPairSerializer.username_field, "access", "refresh")

    @classmethod
    def get_token(cls, user: Any) -> JsonWebToken:  # noqa: ANN401 - whatever model the project has
        """Make a refresh token that says how its user logged in."""
        token = super().get_token(user)
        token["amr"] = ["pwd"]
        return token

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the password, then what comes along, and make the pair only then."""
        # Of simplejwt's two steps the first: the second makes the pair at once.
        data: dict[str, Any] = super(serializers.TokenObtainPairSerializer, self).validate(attrs)
        user: Any = self.user
        family = secrets.token_urlsafe(FAMILY_BYTES)
        token = _token(UserId(str(user.pk)), family)
        logins.confirm(getattr(self, "initial_data", None), token, self.context.get("request"))
        account = logins.account_of(token)
        refresh: Any = self.get_token(user)
        refresh[FAMILY], refresh.account = family, account
        data |= {"refresh": str(refresh), "access": str(refresh.access_token)}
        if api_settings.UPDATE_LAST_LOGIN:
            update_last_login(type(user), user)
        return data | {"mfa": logins.shown(account)}


class TokenRefreshSerializer(_Unkept, serializers.TokenRefreshSerializer):
    """Makes an access token that tells how the family stands by now."""

    token_class = FamilyRefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Exchange a refresh token; one whose user is gone is refused as one whose user may not log in."""
        try:
            return super().validate(attrs)
        except ObjectDoesNotExist:
            raise AuthenticationFailed(self.error_messages["no_active_account"], "no_active_account") from None


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as Python has it
    """Return the login view, which can only be imported when the framework has read its authentication classes."""
    if name == "TokenObtainPairView":
        return import_module("mfa.adapters.tokens.jwt_login").JwtLoginView
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
