"""Requests as authentication leaves them."""

from collections.abc import Sequence

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory


def request(classes: Sequence[type[BaseAuthentication]], authorization: str = "") -> Request:
    """Make a request with that header, to be authenticated by those classes when somebody looks."""
    headers = {"Authorization": authorization} if authorization else {}
    return Request(
        APIRequestFactory().get("/", headers=headers),
        authenticators=[each() for each in classes],
    )
