"""The four token systems as clients meet them, each over its package's own views."""

import base64
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken as KnoxToken
from pytest_django import Settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.test import APIClient
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.integration.drf.people import Answer, Browser, World

PASSWORD = "a password"
ROUTES = "tests.projects.logins"


class Client(Browser):
    """A client of one person, which is logged in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = APIClient(enforce_csrf_checks=True)
        self.refresh = ""

    def ask(self, method: str, path: str, **extra: Any) -> Answer:
        cookie = self.client.cookies.get("csrftoken")
        if cookie is not None:
            extra.setdefault("HTTP_X_CSRFTOKEN", cookie.value)
        return super().ask(method, path, **extra)


class System(ABC):
    """One token system."""

    name: str
    scheme: str
    authentication: type[BaseAuthentication]
    survives_password: ClassVar[bool]
    """Whether a client is still let in, and verified, after the password was changed."""
    is_row: ClassVar[bool] = False
    """Whether a token is a row that can be deleted and made anew, with the same key."""

    def log_in(self, world: World, user: User, password: str = PASSWORD) -> Client:
        """Log in with a new client."""
        client = Client(world)
        self.log_in_again(client, user, password)
        return client

    @abstractmethod
    def log_in_again(self, client: Client, user: User, password: str = PASSWORD) -> None:
        """Log in with a client that may have been logged in before."""

    def keep(self, client: Client, shown: dict[str, Any]) -> None:
        """Have a client keep what a login has shown it."""
        client.client.credentials(HTTP_AUTHORIZATION=f"{self.scheme} {shown['token']}")

    @abstractmethod
    def log_out(self, client: Client) -> None:
        """Log out, as the package does it."""

    def refresh(self, client: Client) -> None:  # noqa: B027 - most have nothing to exchange
        """Exchange what has to be exchanged every few minutes."""

    def change_password(self, client: Client, user: User) -> None:
        """Change the password, by the client where the package has a view for it."""
        user.set_password("another password")
        user.save()

    @abstractmethod
    def end(self, client: Client, user: User) -> None:
        """End the client's token from the outside."""


class Authtoken(System):
    name = "authtoken"
    scheme = "Token"
    is_row = True
    authentication = TokenAuthentication
    survives_password = True

    def log_in_again(self, client: Client, user: User, password: str = PASSWORD) -> None:
        answer = APIClient().post("/authtoken/login/", {"username": user.username, "password": password})
        self.keep(client, answer.data)

    def log_out(self, client: Client) -> None:
        AuthToken.objects.all().delete()

    def end(self, client: Client, user: User) -> None:
        """Make the token anew, with the very same key."""
        key = AuthToken.objects.get(user=user).key
        AuthToken.objects.all().delete()
        AuthToken.objects.create(user=user, key=key)


class Knox(System):
    name = "knox"
    scheme = "Token"
    is_row = True
    authentication = KnoxAuthentication
    survives_password = True

    def log_in_again(self, client: Client, user: User, password: str = PASSWORD) -> None:
        basic = base64.b64encode(f"{user.username}:{password}".encode()).decode()
        answer = APIClient().post("/knox/login/", headers={"Authorization": f"Basic {basic}"})
        self.keep(client, answer.data)

    def log_out(self, client: Client) -> None:
        assert client.ask("post", "/knox/logout/").status_code == 204

    def end(self, client: Client, user: User) -> None:
        """Make the rows anew, with the very same digests."""
        rows = list(KnoxToken.objects.values())
        KnoxToken.objects.all().delete()
        for row in rows:
            KnoxToken.objects.get_queryset().create(**row)


class Jwt(System):
    name = "jwt"
    scheme = "Bearer"
    authentication = JWTAuthentication
    survives_password = True

    def log_in_again(self, client: Client, user: User, password: str = PASSWORD) -> None:
        answer = APIClient().post("/jwt/login/", {"username": user.username, "password": password})
        self.keep(client, answer.data)

    def refresh(self, client: Client) -> None:
        answer = APIClient().post("/jwt/refresh/", {"refresh": client.refresh})
        assert answer.status_code == 200, answer.data
        self.keep(client, answer.data)

    def log_out(self, client: Client) -> None:
        """Blacklist the refresh token; the access token lives out its minutes, unless the client forgets it."""
        assert APIClient().post("/jwt/logout/", {"refresh": client.refresh}).status_code == 200
        assert APIClient().post("/jwt/refresh/", {"refresh": client.refresh}).status_code == 401
        client.client.credentials()

    def end(self, client: Client, user: User) -> None:
        self.log_out(client)

    def keep(self, client: Client, shown: dict[str, Any]) -> None:
        client.refresh = shown.get("refresh", client.refresh)
        client.client.credentials(HTTP_AUTHORIZATION=f"Bearer {shown['access']}")


class Session(System):
    name = "session"
    scheme = "Session"
    authentication = SessionAuthentication
    survives_password = False

    def log_in_again(self, client: Client, user: User, password: str = PASSWORD) -> None:
        client.client.get("/session/")
        form = {"username": user.username, "password": password}
        answer = client.ask("post", "/session/login/", data=form, format="multipart")
        assert answer.status_code == 302, answer.content

    def keep(self, client: Client, shown: dict[str, Any]) -> None:
        """Keep nothing: the cookie is kept by the client itself."""
        assert shown["token"] is None

    def log_out(self, client: Client) -> None:
        assert client.ask("post", "/session/logout/").status_code == 302

    def change_password(self, client: Client, user: User) -> None:
        form = {
            "old_password": PASSWORD,
            "new_password1": "quite another password",
            "new_password2": "quite another password",
        }
        answer = client.ask("post", "/session/password/", data=form, format="multipart")
        assert answer.status_code == 302, answer.content

    def end(self, client: Client, user: User) -> None:
        client.client.session.flush()


SYSTEMS = (Authtoken(), Knox(), Jwt(), Session())


def deploy(
    world: World,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    *systems: System,
    **mfa: object,
) -> None:
    """Have the project take its tokens from these systems."""
    settings.ROOT_URLCONF = ROUTES
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.csrf.CsrfViewMiddleware"]
    monkeypatch.setattr(APIView, "authentication_classes", [system.authentication for system in systems])
    names = [system.name for system in systems]
    world.configure(TOKEN_PROVIDER=names[0] if len(names) == 1 else names, **mfa)
