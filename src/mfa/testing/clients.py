"""Clients whose tokens are verified."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.utils.module_loading import import_string
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from mfa.adapters.django.checks import AUTHENTICATION
from mfa.application.ports.tokens import TokenIssuer
from mfa.application.transactions import Decision
from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.events import VerificationAccepted
from mfa.domain.identifiers import Token, UserId
from mfa.domain.rules import Rules
from mfa.testing.deployment import app_config, transactions, use_cases
from mfa.testing.enrolment import enrol_user

MADE_ANEW = frozenset({"token_type", "exp", "iat", "jti"})
"""Claims that every token has for itself."""


def verified_client(user: Model) -> APIClient:
    """Return a client with a token of the configured provider, of several the first, that is verified.

    A user who has fewer devices than are demanded is enrolled for more; no value of a device is spent. Of ``authtoken``
    a user has one token, which all of his clients then share. Raises ``LookupError`` for a provider of a project's own
    that makes no tokens: have a client log in, and ``verify`` that.
    """
    client, name = APIClient(), _providers()[0]
    owner: Any = user  # of whatever model the project has
    if name == "session":
        client.force_login(owner)
        verify(client)
    elif name == "authtoken":
        row, _ = apps.get_model("authtoken", "Token")._default_manager.get_or_create(user=owner)  # noqa: SLF001 - Django's name for it
        client.credentials(HTTP_AUTHORIZATION=f"{_keyword()} {row.key}")
        verify(client)
    else:
        client.credentials(**{_header(name): _issued(UserId(str(user.pk)))})
    return client


def verify(client: Client | AsyncClient) -> None:
    """Verify the token that a client has: by its headers, or the session that it is logged in by.

    It is confirmed by as many devices of its user as are demanded, of those that cannot be phished first; a user who
    has fewer is enrolled for more; no value of a device is spent. Raises ``LookupError`` where the client has no token
    of the configured provider, as after ``force_authenticate(user)``.
    """
    request, token = next(_recognised(client), (None, None))
    if request is None or token is None:
        raise LookupError(
            f"The client carries no token of {', '.join(_providers())}: have it log in first, or take "
            "mfa.testing.verified_client(user); force_authenticate() gives it a user, but no token"
        )
    _confirm(token)
    client.cookies.update(_session_middleware().process_response(request._request, HttpResponse()).cookies)  # noqa: SLF001 - DRF's name for it
    _tell(client, request)


def _providers() -> tuple[str, ...]:
    names: tuple[str, ...] = app_config().container.config().token_providers
    return names


def _keyword() -> str:
    """Return the word before a token of DRF's own, which a project may have changed in a class of its own."""
    kinds: list[Any] = [*api_settings.DEFAULT_AUTHENTICATION_CLASSES, TokenAuthentication]
    return str(next(kind.keyword for kind in kinds if issubclass(kind, TokenAuthentication)))


def _header(provider: str) -> str:
    """Return where a token travels, by the name that WSGI gives it."""
    if provider != "jwt":
        return "HTTP_AUTHORIZATION"
    # What authenticates goes on with the settings that it has found, whatever simplejwt makes of them meanwhile.
    return str(import_string("rest_framework_simplejwt.authentication.api_settings").AUTH_HEADER_NAME)


def _issued(user_id: UserId) -> str:
    """Return credentials that were confirmed before there were any, as at a login by passkey."""
    provider = use_cases().token_provider
    if not isinstance(provider, TokenIssuer):
        raise LookupError(  # noqa: TRY004 - as for a user who gets none
            f"{type(provider).__name__} makes no tokens: have a client log in, and verify() that"
        )
    prepared = provider.prepare(user_id, RequestFactory().get("/"))
    if prepared is None:
        raise LookupError("The provider makes no token for this user: not active, or as many as are allowed")
    _confirm(prepared.token)
    shown = prepared.issue()
    return f"{prepared.token.scheme or provider.scheme} {shown.get('access') or shown['token']}"


# The token of a client


def _request_of(client: Client | AsyncClient) -> HttpRequest:
    """Make a request as the client would, as far as credentials go."""
    spoken = {**client.defaults, **getattr(client, "_credentials", {})}
    if "AUTHORIZATION" in spoken:  # as the client for asynchronous tests calls it
        spoken["HTTP_AUTHORIZATION"] = spoken["AUTHORIZATION"]
    factory = RequestFactory(**spoken)
    factory.cookies = client.cookies
    request = factory.get("/")
    _session_middleware().process_request(request)
    AuthenticationMiddleware(lambda _: HttpResponse()).process_request(request)
    return request


def _session_middleware() -> SessionMiddleware:
    return SessionMiddleware(lambda _: HttpResponse())


def _recognised(client: Client | AsyncClient) -> Iterator[tuple[Request, Token]]:
    """Yield what authentication makes of a client's requests, by the classes of the project first."""
    stock = [import_string(AUTHENTICATION[name]) for name in _providers() if name in AUTHENTICATION]
    for kind in [*api_settings.DEFAULT_AUTHENTICATION_CLASSES, *stock]:
        request = Request(_request_of(client), authenticators=[kind()])
        try:
            token = use_cases().token_provider.token_of(request)
        except APIException:
            continue
        if token is not None:
            yield request, token


# What is confirmed


def _confirm(token: Token) -> None:
    """Confirm a token as right values of as many devices as are demanded would, but spend none."""
    at_hand = transactions()
    while True:
        account = at_hand.unit_of_work.account(token.user_id)
        if len(_fit(account, at_hand.rules)) >= max(at_hand.required(account), 1):
            break
        enrol_user(token.user_id, _rarest(account, at_hand.rules))

    def decide(account: Account, now: datetime) -> Decision[None]:
        proved = _fit(account, at_hand.rules)[: max(at_hand.required(account), 1)]
        until = at_hand.rules.confirmed_until(token, now)
        for device in proved:
            account = account.accepted(device, state=device.state, unique=None, now=now, until=until)
        happened = (
            VerificationAccepted(user_id=token.user_id, at=now, index=device.index, method=device.method)
            for device in proved
        )
        return Decision(account=account, events=tuple(happened), answer=None, told=False)

    at_hand.run(token.user_id, token.id, decide)


def _fit(account: Account, rules: Rules) -> list[Device]:
    """Return the devices that a user could prove, those first that cannot be phished."""
    fit = [each for each in account.active if not rules.methods.backup(each.method) and not rules.disabled(each)]
    return sorted(fit, key=lambda device: not rules.methods.phishing_resistant(device.method))


def _rarest(account: Account, rules: Rules) -> str:
    """Return the configured method of which a user has the fewest devices, of several the first."""
    names = [method.name for method in rules.methods if not method.backup]
    return min(names, key=lambda name: sum(device.method == name for device in account.active))


def _tell(client: Client | AsyncClient, request: Request) -> None:
    """Give a client the access token that its next refresh would, where tokens tell themselves how they stand."""
    recorder = use_cases().standing_recorder
    if "jwt" not in _providers() or recorder is None or recorder.recorded(request) is None:
        return
    refresh = import_string("mfa.adapters.tokens.jwt.FamilyRefreshToken")()
    auth: Any = request.auth
    refresh.payload.update({claim: value for claim, value in auth.payload.items() if claim not in MADE_ANEW})
    shown = request.META[_header("jwt")]
    told = f"{shown.partition(' ')[0]} {refresh.access_token}"
    holders: tuple[dict[str, Any], ...] = (vars(client)["defaults"], getattr(client, "_credentials", {}))
    for held in holders:
        held.update({name: told for name, value in held.items() if value == shown})
