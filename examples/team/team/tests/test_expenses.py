"""The tests that the team had before, in Django's manner; each says in a line what it needs of the second factor."""

from rest_framework.test import APIClient, APITestCase

from mfa.testing import enrol, verified_client, verify
from team.models import Expense, Member


class ExpenseTests(APITestCase):
    """Expenses are listed and paid out."""

    member: Member
    expense: Expense

    @classmethod
    def setUpTestData(cls) -> None:
        cls.member = Member.objects.join("ann@example.com", "a password")
        cls.expense = Expense.objects.create(member=cls.member, amount=120)

    def test_whoever_is_verified_sees_them(self) -> None:
        assert verified_client(self.member).get("/expenses/").json() == [{"id": self.expense.pk, "amount": 120}]

    def test_nobody_else_does(self) -> None:
        assert self.client.get("/expenses/").status_code == 401
        self.client.force_login(self.member)
        assert self.client.get("/expenses/").status_code == 403

    def test_they_are_seen_on_the_site(self) -> None:
        self.client.force_login(self.member)

        verify(self.client)

        assert self.client.get("/expenses/").status_code == 200

    def test_one_is_paid_out(self) -> None:
        assert verified_client(self.member).post(f"/expenses/{self.expense.pk}/payout/").status_code == 204

        self.expense.refresh_from_db()
        assert self.expense.paid_out

    def test_a_large_one_takes_a_passkey(self) -> None:
        self.expense.amount = 20_000
        self.expense.save()
        path, client = f"/expenses/{self.expense.pk}/payout/", verified_client(self.member)
        assert client.post(path).json()["requirement"]["phishing_resistant"]

        enrol(self.member, "webauthn")

        assert verified_client(self.member).post(path).status_code == 204

    def test_a_user_alone_is_no_token(self) -> None:
        client = APIClient()
        client.force_authenticate(self.member)

        assert "mfa.testing.verified_client" in client.get("/expenses/").json()["detail"]
