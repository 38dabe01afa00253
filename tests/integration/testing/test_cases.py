"""The kit in every kind of test that Django and pytest know."""

from typing import Any, ClassVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import AsyncClient, TestCase, TransactionTestCase
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.test import APIClient, APITestCase

from mfa.testing import Enrolled, FrozenClock, SoftwareAuthenticator, enrol, override, verified_client, verify

GATE = "/protected/"


class InACaseOfDjango(TestCase):
    user: ClassVar[User]
    enrolled: ClassVar[Enrolled]
    verified: ClassVar[APIClient]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = get_user_model().objects.create_user("carl")
        cls.enrolled = enrol(cls.user)
        cls.verified = verified_client(cls.user)

    def test_what_the_class_has_serves_each_test(self) -> None:
        assert self.verified.get(GATE).status_code == 200
        answer = self.verified.post(f"/multi-factor/{self.enrolled.index}/", {"value": self.enrolled.code()})
        assert answer.status_code == 200

    def test_and_each_anew(self) -> None:
        self.test_what_the_class_has_serves_each_test()

    async def test_in_async_tests_as_well(self) -> None:
        """As Django's own interface is called there."""
        user = await get_user_model().objects.acreate(username="dora")
        enrolled = await sync_to_async(enrol)(user)
        key = await AuthToken.objects.acreate(user=user)
        client: Any = AsyncClient(AUTHORIZATION=f"Token {key.key}")
        assert (await client.get(GATE)).status_code == 403

        await sync_to_async(verify)(client)

        assert (await client.get(GATE)).status_code == 200
        assert len(await sync_to_async(enrolled.code)()) == 6


class InACaseOfDrf(APITestCase):
    @override(clock=FrozenClock())
    def test_the_cases_own_client_is_verified(self) -> None:
        user = get_user_model().objects.create_user("emma")
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user=user).key}")

        verify(self.client)

        assert self.client.get("/multi-factor/status/").json()["verifications"][0]["at"] == "2026-01-31T12:00:00Z"


class InACaseWithTransactions(TransactionTestCase):
    def test_what_is_enrolled_is_committed(self) -> None:
        user = get_user_model().objects.create_user("fred")

        assert verified_client(user).get(GATE).status_code == 200

    async def test_in_async_tests_as_well(self) -> None:
        user = await get_user_model().objects.acreate(username="gina")

        client = await sync_to_async(verified_client)(user)

        assert (await sync_to_async(client.get)(GATE)).status_code == 200


def test_a_fixture_is_the_function(db: None, mfa_verified_client: Any) -> None:  # noqa: ANN401 - as the plugin has it
    user = get_user_model().objects.create_user("hans")

    assert mfa_verified_client is verified_client
    assert async_to_sync(sync_to_async(mfa_verified_client))(user).get(GATE).status_code == 200


def test_a_key_is_new_in_each_test(mfa_authenticator: SoftwareAuthenticator) -> None:
    assert mfa_authenticator.held == {}
    assert mfa_authenticator.origin != ""


@pytest.mark.django_db(transaction=True)
def test_with_transactions_of_pytest_django() -> None:
    assert verified_client(get_user_model().objects.create_user("ines")).get(GATE).status_code == 200
