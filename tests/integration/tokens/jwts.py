"""JSON web tokens as a test reads and writes them: by the key, not by the code that is tested."""

from typing import Any

import jwt as pyjwt
from rest_framework_simplejwt.settings import api_settings

from tests.integration.tokens.systems import Client, Jwt

SYSTEM = Jwt()


def claims(token: str) -> dict[str, Any]:
    """Read what a token says, as a service that never calls this one."""
    read: dict[str, Any] = pyjwt.decode(token, api_settings.SIGNING_KEY, algorithms=["HS256"])
    return read


def signed(payload: dict[str, Any], key: str | None = None, algorithm: str = "HS256") -> str:
    return pyjwt.encode(payload, api_settings.SIGNING_KEY if key is None else key, algorithm=algorithm)


def access_of(client: Client) -> str:
    header: str = client.client._credentials["HTTP_AUTHORIZATION"]
    return header.removeprefix("Bearer ")


def carry(client: Client, access: str) -> None:
    client.client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")


def refreshed(client: Client) -> dict[str, Any]:
    """Exchange the refresh token, and tell what the new access token says."""
    SYSTEM.refresh(client)
    return claims(access_of(client))
