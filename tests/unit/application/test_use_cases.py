"""What adapters ask beside the use cases themselves is handed through as it was given."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.system import MemoryKeyRotations
from mfa.adapters.memory.tokens import MemoryTokenProvider
from mfa.application.ports.repositories import AccountJoin
from mfa.application.ports.tokens import CredentialRenewer, StandingRecorder, TokenProvider, ender_of
from mfa.application.use_cases import UseCases, make_use_cases
from mfa.domain.policies import Requirement
from tests.unit.application.test_security_keys import Site
from tests.unit.application.world import ANNA, World


def made(world: World, **changes: Any) -> UseCases:
    transactions = world.assess_token.transactions
    given: dict[str, Any] = {
        "rules": transactions.rules,
        "clock": world.clock,
        "entropy": world.container.entropy(),
        "vault": world.vault,
        "rotations": MemoryKeyRotations(),
        "senders": {},
        "users": transactions.users,
        "accounts": world.repository,
        "holders": world.repository,
        "unit_of_work": transactions.unit_of_work,
        "token_provider": world.container.token_provider(),
        "audit": world.container.audit(),
        "audit_retention": timedelta(days=400),
        "client_address": world.container.client_address(),
        "user_finder": world.container.user_finder(),
        "source_maker": world.container.source_maker(),
        "notifier": None,
        "reports": world.container.reports(),
        "expired_rows": world.container.expired_rows(),
        "passkeys": None,
        "token_issuer": None,
        "step_up_status": 401,
    }
    return make_use_cases(**given | changes)


def test_what_is_given_is_there(world: World) -> None:
    requirements = {"transfer": Requirement(max_age=timedelta(minutes=5))}

    rotations = MemoryKeyRotations()

    use_cases = made(
        world,
        requirements=requirements,
        issuer="Acme",
        verify_url="/verify/",
        relying_party_id="example.com",
        related_origins=("https://acme.example",),
        passkey_enroll_url="/create/",
        passkey_manage_url="/look-after/",
        rotations=rotations,
        trust_cookie="kept",
    )

    assert use_cases.vault is world.vault
    assert use_cases.client_address is world.container.client_address()
    assert (use_cases.trust_cookie, use_cases.verify_url) == ("kept", "/verify/")
    assert use_cases.token_provider is world.container.token_provider()
    assert use_cases.methods is world.assess_token.transactions.rules.methods
    assert (use_cases.requirements, use_cases.step_up_status) == (requirements, 401)
    assert (use_cases.issuer, use_cases.relying_party_id) == ("Acme", "example.com")
    assert use_cases.related_origins == ("https://acme.example",)
    assert (use_cases.passkey_enroll_url, use_cases.passkey_manage_url) == ("/create/", "/look-after/")
    rotate_keys, count_seals = use_cases.rotate_keys, use_cases.operations.count_seals
    assert (count_seals.accounts, count_seals.vault) == (world.repository, world.vault)
    assert (rotate_keys.accounts, rotate_keys.rotations) == (world.repository, rotations)
    assert rotate_keys.transactions.clock is world.clock


def test_what_is_not_given_is_not(world: World) -> None:
    use_cases = made(world)

    assert (use_cases.requirements, use_cases.issuer, use_cases.relying_party_id) == ({}, "", None)
    assert (use_cases.begin_passkey_login, use_cases.log_in_by_passkey, use_cases.trust_cookie) == (None, None, None)
    assert (use_cases.related_origins, use_cases.passkey_enroll_url, use_cases.passkey_manage_url) == ((), None, None)
    assert (use_cases.standing_recorder, use_cases.credential_renewer, use_cases.account_join) == (None, None, None)


@pytest.mark.parametrize("lifetime", [timedelta(days=30), None])
def test_browsers_are_remembered_where_that_has_an_end(world: World, lifetime: timedelta | None) -> None:
    rules = attrs.evolve(world.assess_token.transactions.rules, trust_lifetime=lifetime)

    assert made(world, rules=rules).remembers_browsers is (lifetime is not None)


class Signed(MemoryTokenProvider, StandingRecorder, CredentialRenewer):
    """A token provider that can do all that one may."""

    def recorded(self, request: object) -> None:
        raise NotImplementedError

    def successor(self, request: object) -> None:
        raise NotImplementedError


class Joined(MemoryAccountRepository, AccountJoin):
    """A repository that can do all that one may."""

    def read_joined(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - as the port has it
        raise NotImplementedError


def test_who_can_do_more_is_asked_for_it(world: World) -> None:
    provider, accounts = Signed(), Joined()

    use_cases = made(world, token_provider=provider, accounts=accounts)

    given: tuple[object, ...] = (use_cases.standing_recorder, use_cases.credential_renewer, use_cases.account_join)
    assert given == (provider, provider, accounts)


class Plain(TokenProvider):
    """A token provider that can do what each must."""

    scheme = "Plain"

    def token_of(self, request: object) -> None:
        raise NotImplementedError


def test_whose_tokens_cannot_be_ended_says_so() -> None:
    provider = MemoryTokenProvider()

    assert ender_of(provider) is provider
    assert ender_of(Plain()).end_all(ANNA) == {"Plain": None}


def test_a_login_by_passkey_takes_both_credentials_and_who_makes_tokens(world: World) -> None:
    passkeys = Site(passkey_login=True).use_cases.log_in_by_passkey.passkeys

    for given in ({"passkeys": passkeys}, {"token_issuer": MemoryTokenProvider()}):
        assert not made(world, **given).passkey_login
    assert made(world, passkeys=passkeys, token_issuer=MemoryTokenProvider()).passkey_login


def test_metadata_are_those_by_which_passkeys_are_judged(world: World) -> None:
    passkeys = Site().use_cases.list_passkeys.passkeys

    operations = made(world, passkeys=passkeys).operations

    metadata = passkeys.relying_party.metadata
    assert metadata is not None
    show, refresh = operations.show_metadata, operations.refresh_metadata
    assert (show.metadata, refresh.metadata, refresh.clock) == (metadata, metadata, world.clock)
