"""Several token systems at once: whoever authenticated a request answers for it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider
from mfa.adapters.tokens.jwt import JwtTokenProvider
from mfa.adapters.tokens.session import SessionTokenProvider
from mfa.adapters.tokens.several import SeveralTokenProviders
from mfa.application.ports.tokens import (
    CookieIssuer,
    CredentialRenewer,
    PreparedToken,
    Recorded,
    StandingRecorder,
    TokenIssuer,
    TokenProvider,
)
from mfa.config import Config
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.integration.drf.people import World
from tests.integration.tokens.systems import PASSWORD, SYSTEMS, Jwt, Knox, Session, System, deploy


class Other(TokenProvider):
    """Makes no tokens and renews nothing; knows one word, or whatever it is asked of."""

    def __init__(self, word: object = None) -> None:
        self.word = word

    @property
    def scheme(self) -> str:
        return "Other"

    def token_of(self, request: object) -> Token | None:
        known = request == self.word or self.word is None
        return Token(id=TokenId(f"other:{self.word}"), user_id=UserId("1")) if known else None


class Renewing(Other, CredentialRenewer, TokenIssuer):
    def successor(self, request: object) -> PreparedToken | None:
        return self.prepare(UserId("1"), request)

    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        return PreparedToken(token=Token(id=TokenId("new"), user_id=user_id), issue=lambda: {"word": self.word})


class Recording(Other, StandingRecorder):
    def __init__(self, word: object) -> None:
        super().__init__(word)
        self.told = Recorded(required=len(str(word)), enrolled=True, verifications=())

    def recorded(self, request: object) -> Recorded | None:
        assert request == self.word
        return self.told


class TestSeveralTokenProviders:
    def test_the_first_that_knows_answers(self) -> None:
        several = SeveralTokenProviders((Other("one"), Other("two"), Other()))

        known = [several.token_of(word) for word in ("one", "two", "three")]

        assert [token and token.id for token in known] == ["other:one", "other:two", "other:None"]
        assert [token and token.scheme for token in known] == ["Other"] * 3
        assert several.scheme == "Other"

    def test_where_nobody_knows_there_is_none(self) -> None:
        several = SeveralTokenProviders((Other("one"), Renewing("two")))

        assert several.token_of("three") is None
        assert several.successor("three") is None

    def test_who_answered_renews_and_nobody_else(self) -> None:
        several = SeveralTokenProviders((Other("zero"), Renewing("one"), Renewing("two")))

        successors = [several.successor(word) for word in ("zero", "two")]

        assert [successor and successor.issue() for successor in successors] == [None, {"word": "two"}]

    def test_the_first_that_can_makes_tokens(self) -> None:
        prepared = SeveralTokenProviders((Other(), Renewing("one"), Renewing("two"))).prepare(UserId("1"), None)

        assert prepared is not None
        assert prepared.issue() == {"word": "one"}

    def test_where_nobody_can_there_is_nothing_to_make(self) -> None:
        with pytest.raises(LookupError, match="TOKEN_PROVIDER"):
            SeveralTokenProviders((Other(),)).prepare(UserId("1"), None)

    def test_who_answered_tells_what_is_recorded_and_nobody_else(self) -> None:
        one, two = Recording("one"), Recording("two")
        several = SeveralTokenProviders((Other("zero"), one, two))

        assert isinstance(several, StandingRecorder)
        assert [several.recorded(word) for word in ("zero", "one", "two", "three")] == [None, one.told, two.told, None]

    @pytest.mark.parametrize(
        ("providers", "sets"),
        [
            ([SessionTokenProvider(Config())], True),
            ([Other("one"), SessionTokenProvider(Config()), Renewing("two")], True),
            ([Renewing("one"), SessionTokenProvider(Config())], False),
            ([JwtTokenProvider(Config()), SessionTokenProvider(Config())], False),
            ([Other("one")], False),
        ],
    )
    def test_whether_a_login_sets_a_cookie_is_said_by_who_makes_the_token(
        self,
        providers: list[TokenProvider],
        sets: bool,  # noqa: FBT001
    ) -> None:
        several = SeveralTokenProviders(providers)

        assert isinstance(several, CookieIssuer)
        assert several.sets_cookie is sets


class TestSettings:
    @pytest.mark.parametrize("named", [["authtoken", "session"], ("authtoken", "session")])
    def test_a_list_is_asked_in_its_order(self, settings: Settings, named: object) -> None:
        settings.MFA = {"TOKEN_PROVIDER": named}

        provider = accessor.use_cases().token_provider

        assert isinstance(provider, SeveralTokenProviders)
        assert [type(each) for each in provider.providers] == [AuthtokenTokenProvider, SessionTokenProvider]
        again = accessor.use_cases().token_provider
        assert again == provider

    def test_a_list_of_one_is_that_one(self, settings: Settings) -> None:
        settings.MFA = {"TOKEN_PROVIDER": ["session"]}

        assert isinstance(accessor.use_cases().token_provider, SessionTokenProvider)

    def test_a_class_of_the_projects_may_be_among_them(self, settings: Settings) -> None:
        settings.MFA = {"TOKEN_PROVIDER": ["tests.integration.tokens.test_several.Other", "knox"]}

        token = accessor.use_cases().token_provider.token_of(Config(token_provider=("a.b", "knox")))

        assert token is None
        assert Config(token_provider=("a.b", "knox")).token_providers == ("a.b", "knox")
        assert Config().token_providers == ("authtoken",)


class HeaderTokens(Other):
    """Says what its scheme is, and leaves it out of its tokens."""

    def token_of(self, request: object) -> Token | None:
        user = getattr(request, "user", None)
        return None if user is None else Token(id=TokenId("header"), user_id=UserId(str(user.pk)))


@pytest.mark.parametrize("named", [f"{__name__}.HeaderTokens", ["knox", f"{__name__}.HeaderTokens"]])
def test_a_token_that_names_no_scheme_has_its_providers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User, named: object
) -> None:
    world = World(settings)
    deploy(world, settings, monkeypatch, Session())
    world.configure(TOKEN_PROVIDER=named)
    monkeypatch.setattr("tests.integration.tokens.test_several.HeaderTokens.__init__", lambda self, config: None)
    client = Session().log_in(world, anna)
    client.enrol_app()
    world.pass_time(timedelta(hours=1))

    assert client.gate().status_code == 200
    answer = client.delete("0/")
    assert answer.headers["WWW-Authenticate"].startswith("Other error=")
    client.client.logout()
    Session().log_in_again(client, User.objects.create_user("carla", password=PASSWORD))
    assert client.gate().headers["WWW-Authenticate"].startswith("Other error=")


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User) -> World:
    world = World(settings)
    deploy(world, settings, monkeypatch, *SYSTEMS[1:])
    return world


@pytest.mark.parametrize("first", [Knox(), Jwt(), Session()], ids=lambda system: system.name)
def test_each_client_has_its_own_identity(world: World, anna: User, first: System) -> None:
    clients = {system.name: system.log_in(world, anna) for system in (Knox(), Jwt(), Session())}
    app = clients[first.name].enrol_app()

    for system in (Knox(), Jwt(), Session()):
        answer = clients[system.name].gate()
        if system.name == first.name:
            assert answer.status_code == 200
            continue
        assert answer.status_code == 403
        assert answer.headers["WWW-Authenticate"].startswith(f"{system.scheme} error=")
        refused = clients[system.name].post("register/totp/")
        assert refused.headers["WWW-Authenticate"].startswith(f"{system.scheme} error=")
        removal = clients[system.name].delete(f"{app.index}/")
        assert removal.headers["WWW-Authenticate"].startswith(f"{system.scheme} error=")

    for client in clients.values():
        if client.gate().status_code == 403:
            client.prove(app)
        assert client.gate().status_code == 200
    clients["knox"].get("status/")


def test_each_is_judged_in_its_own_way(world: World, anna: User) -> None:
    """By claims are those that have some: a session is as new as the account."""
    world.configure(TOKEN_PROVIDER=["knox", "jwt", "session"], JWT_GATE="claims")
    clients = {system.name: system.log_in(world, anna) for system in (Knox(), Jwt(), Session())}
    app = clients["session"].enrol_app()
    for name in ("knox", "jwt"):
        clients[name].prove(app)

    assert {name: client.gate().status_code for name, client in clients.items()} == {
        "knox": 200,
        "jwt": 403,
        "session": 200,
    }
    Jwt().refresh(clients["jwt"])
    assert clients["session"].delete(f"{app.index}/").status_code == 204
    assert {name: client.gate().status_code for name, client in clients.items()} == {
        "knox": 403,
        "jwt": 200,
        "session": 403,
    }


def test_a_cookie_beside_a_token_lends_it_nothing(world: World, anna: User) -> None:
    """A browser that is verified sends its cookie wherever it goes, but the header comes first."""
    browser = Session().log_in(world, anna)
    browser.enrol_app()
    phone = Jwt().log_in(world, anna)
    header = phone.client._credentials

    assert browser.gate().status_code == 200
    assert browser.ask("get", "/protected/", **header).status_code == 403
