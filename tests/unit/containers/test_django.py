"""How the default deployment chooses its adapters."""

import base64
import json
from datetime import UTC, datetime
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from dependency_injector import providers
from django.conf import settings

from mfa.adapters.django import conf
from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.memory.system import FrozenClock, SeededEntropy
from mfa.adapters.otp.segno import SegnoQrCodes
from mfa.adapters.senders.django_email import DjangoEmailSender
from mfa.adapters.senders.phone_number import PhonenumbersAddressing
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider
from mfa.adapters.tokens.knox import KnoxTokenProvider
from mfa.application.login import LogInByPasskey
from mfa.application.ports.metadata import MetadataUnavailable
from mfa.config import read
from mfa.containers import django
from mfa.containers.django import DjangoContainer, deploy
from mfa.domain.errors import InvalidField, UnknownKey
from mfa.domain.methods.metadata import AdmittedModels
from mfa.testing.authenticator import AAGUID, Authority
from tests.unit.adapters.webauthn.service import Service, statement

SITE = {"METHODS": ["webauthn"], "WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
OUTBOX = "mfa.adapters.memory.delivery.OutboxSender"
MEMORY_USERS = "mfa.adapters.memory.users.MemoryUserDirectory"
DERIVED = "tests.projects.containers.Derived"
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


def deployed(*secret_keys: str, **mfa: object) -> DjangoContainer:
    config, problems = read(mfa)
    assert not problems
    return DjangoContainer(config=config, secret_keys=secret_keys or ("a secret key",))


class TestVault:
    def test_without_keys_the_secret_key_seals_and_its_fallbacks_open(self) -> None:
        before = deployed("old").vault().seal(b"a seed", b"context")

        vault = deployed("new", "old").vault()

        assert vault.open(before, b"context") == b"a seed"
        assert deployed("new").vault().open(vault.seal(b"a seed", b"context"), b"context") == b"a seed"
        with pytest.raises(UnknownKey):
            deployed("new").vault().open(before, b"context")

    @pytest.mark.django_db
    def test_a_key_that_appears_seals_and_what_was_derived_goes_on_opening(self) -> None:
        before = deployed("secret").vault().seal(b"a seed", b"context")

        vault = deployed("secret", ENCRYPTION_KEYS=[KEY]).vault()
        after = vault.seal(b"a seed", b"context")

        assert vault.open(before, b"context") == b"a seed"
        assert AesGcmVault([bytes(range(32))]).open(after, b"context") == b"a seed"
        with pytest.raises(UnknownKey):
            AesGcmVault([derive_key("secret")]).open(after, b"context")


class TestExtras:
    def test_codes_are_drawn_where_segno_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert isinstance(deployed().qr_codes(), SegnoQrCodes)

        def nothing(name: str) -> ModuleSpec | None:
            return None

        monkeypatch.setattr(django, "find_spec", nothing)

        assert deployed().qr_codes() is None
        totp: Any = deployed().methods().named("totp")
        assert totp.qr_codes is None

    def test_numbers_are_read_with_the_default_region(self) -> None:
        addressing = deployed(SMS_DEFAULT_REGION="NL").sms_addressing()

        assert isinstance(addressing, PhonenumbersAddressing)
        assert addressing.read("06 12345678", "number").full == "+31612345678"
        with pytest.raises(InvalidField):
            deployed().sms_addressing().read("06 12345678", "number")


class TestSenders:
    def test_mail_is_sent_by_django_or_by_who_is_named(self) -> None:
        assert isinstance(deployed().email_sender(), DjangoEmailSender)
        assert isinstance(deployed(EMAIL_SENDER=OUTBOX).email_sender(), OutboxSender)

    def test_the_same_sender_sends_each_time(self) -> None:
        container = deployed(EMAIL_SENDER=OUTBOX, SMS_SENDER=OUTBOX)

        assert container.email_sender() is container.email_sender()
        assert container.sms_sender() is container.email_sender()

    def test_text_messages_are_sent_by_nobody_unless_named(self) -> None:
        with pytest.raises(LookupError, match="SMS_SENDER"):
            deployed().sms_sender()
        assert list(deployed().use_cases().dispatch_challenge.senders) == ["email"]


class TestTokenProviders:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("authtoken", AuthtokenTokenProvider),
            ("knox", KnoxTokenProvider),
            ("mfa.adapters.tokens.knox.KnoxTokenProvider", KnoxTokenProvider),
        ],
    )
    def test_one_is_named_and_made_once(self, name: str, kind: type) -> None:
        container = deployed(TOKEN_PROVIDER=name)

        assert isinstance(container.token_provider(), kind)
        assert container.token_provider() is container.token_provider()


class TestSecurityKeys:
    def test_the_folder_of_roots_is_read(self, tmp_path: Path) -> None:
        root = Authority.root().certificate
        (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
        direct = {**SITE, "WEBAUTHN_ATTESTATION": "direct", "WEBAUTHN_TRUST_ROOTS": str(tmp_path)}

        cryptography = deployed(**direct).authenticator_cryptography()

        now = datetime(2026, 1, 31, tzinfo=UTC)
        assert cryptography.trusted([root.public_bytes(Encoding.DER)], now)
        assert not deployed(**SITE).authenticator_cryptography().trusted([root.public_bytes(Encoding.DER)], now)

    def test_models_are_known_by_a_folder_or_by_what_is_published(self, tmp_path: Path) -> None:
        statements, service = tmp_path / "statements", Service()
        statements.mkdir()
        (statements / "blue.json").write_text(json.dumps(statement()), encoding="utf-8")
        (tmp_path / "blob.jwt").write_bytes(service.blob())
        fido = {"WEBAUTHN_METADATA": "fido", "WEBAUTHN_METADATA_FILE": str(tmp_path / "blob.jwt")}
        own = {"WEBAUTHN_METADATA_ROOTS": str(service.roots(tmp_path / "roots"))}

        for known in ({"WEBAUTHN_METADATA": str(statements)}, {**fido, **own}):
            method: Any = deployed(**SITE, **known).methods().named("webauthn")
            assert method.relying_party.metadata.model_of(AAGUID, ()).name == "Blue key"
        metadata: Any = deployed(**SITE, **fido).authenticator_metadata()
        with pytest.raises(MetadataUnavailable, match="no BLOB"):
            metadata.edition()
        assert deployed(**SITE).authenticator_metadata() is None

    def test_models_are_admitted_as_the_settings_say(self) -> None:
        method: Any = deployed(**SITE, WEBAUTHN_MODELS="device_bound").methods().named("webauthn")

        assert method.relying_party.admitted == AdmittedModels(device_bound=True)
        method = deployed(**SITE).methods().named("webauthn")
        assert method.relying_party.admitted == AdmittedModels()

    def test_a_provider_that_makes_tokens_logs_in(self) -> None:
        container = deployed(**SITE, PASSKEY_LOGIN=True)

        provider: object = container.token_provider()
        assert container.token_issuer() is provider
        log_in = container.use_cases().log_in_by_passkey
        assert log_in is not None
        assert log_in.tokens is provider
        with container.accounts.override(providers.Object(accounts := object())):
            log_in = container.use_cases().log_in_by_passkey
            assert isinstance(log_in, LogInByPasskey)
            holders: Any = log_in.holders
            assert holders.accounts is accounts

    def test_one_that_only_knows_them_does_not(self) -> None:
        with pytest.raises(LookupError, match="TOKEN_PROVIDER"):
            deployed(TOKEN_PROVIDER="tests.projects.acme.HeaderTokens").token_issuer()


class TestUseCases:
    def test_they_have_what_the_container_has(self) -> None:
        container = deployed(STEP_UP_STATUS=401, TRUST_LIFETIME="30d", TRUST_COOKIE="mfa_trust")

        use_cases = container.use_cases()

        join: object = use_cases.account_join
        assert join is container.accounts()
        assert (use_cases.step_up_status, use_cases.remembers_browsers, use_cases.trust_cookie) == (
            401,
            True,
            "mfa_trust",
        )
        assert use_cases.token_provider is container.token_provider()
        assert not use_cases.passkey_login

    def test_a_provider_that_does_more_is_told_as_what_it_does(self) -> None:
        sessions = deployed(TOKEN_PROVIDER="session").use_cases()
        known: object = sessions.token_provider
        assert sessions.credential_renewer is known
        assert sessions.standing_recorder is None

        tokens = deployed(TOKEN_PROVIDER=["authtoken", "session"]).use_cases()
        same: list[object] = [tokens.standing_recorder, tokens.credential_renewer, tokens.token_provider]
        assert same == same[:1] * 3

    def test_other_settings_reach_what_was_made_before(self) -> None:
        container = deployed()
        sealed = container.use_cases().vault.seal(b"a seed", b"context")

        with container.secret_keys.override(providers.Object(("another key",))), pytest.raises(UnknownKey):
            container.use_cases().vault.open(sealed, b"context")

        assert container.use_cases().vault.open(sealed, b"context") == b"a seed"


class TestReplaced:
    """A project's adapters, in whichever way they are named."""

    @pytest.mark.parametrize(
        "mfa",
        [
            {"CONTAINER": "tests.projects.containers.Container"},
            {"CONTAINER": "tests.projects.containers.Derived"},
            {
                "ADAPTERS": {
                    "clock": "mfa.adapters.memory.system.FrozenClock",
                    "email_sender": "mfa.adapters.memory.delivery.OutboxSender",
                }
            },
        ],
    )
    def test_they_reach_the_use_cases_and_so_does_an_override_of_them(self, mfa: dict[str, object]) -> None:
        container = deploy(read(mfa)[0], ("a secret key",))
        container.check_dependencies()
        use_cases, own, mine = container.use_cases(), container.clock(), object()

        assert isinstance(own, FrozenClock)
        assert use_cases.assess_token.transactions.clock is own
        assert use_cases.dispatch_challenge.senders == {"email": container.email_sender()}
        with container.clock.override(providers.Object(mine)):
            assert container.use_cases().assess_token.transactions.clock is mine
        assert container.use_cases().assess_token.transactions.clock is own

    def test_what_a_container_replaces_may_have_dependencies(self) -> None:
        container = deploy(read({"CONTAINER": DERIVED, "MAX_FAILURES": 7})[0], ("a secret key",))

        assert container.use_cases().verify_challenge.entropy.token(8) == SeededEntropy(7).token(8)
        assert container.unit_of_work().publisher is container.publisher()
        assert container.seed() == 7, "what is new is to be had as well"

    def test_both_may_be_named_and_the_container_has_the_last_word(self) -> None:
        adapters = {
            "clock": "tests.projects.containers.Stopped",
            "users": "mfa.adapters.memory.users.MemoryUserDirectory",
        }
        container = deploy(read({"CONTAINER": DERIVED, "ADAPTERS": adapters})[0], ("a secret key",))

        assert isinstance(container.clock(), FrozenClock)
        assert container.use_cases().assess_token.transactions.users is container.users()

    def test_an_adapter_is_given_the_settings_where_it_takes_them(self) -> None:
        config, _ = read({"ADAPTERS": {"clock": "tests.projects.containers.Stopped"}})

        assert deploy(config, ("a secret key",)).clock().now() is config

    @pytest.mark.parametrize(
        ("name", "words"), [("NoContainer", "no DeclarativeContainer"), ("Copy", "only what it replaces")]
    )
    def test_what_is_no_such_container_is_refused(self, name: str, words: str) -> None:
        with pytest.raises(TypeError, match=words):
            deploy(read({"CONTAINER": f"tests.projects.containers.{name}"})[0], ("a secret key",))

    def test_the_built_in_container_stays_as_it_is(self) -> None:
        deploy(read({"CONTAINER": DERIVED})[0], ("a secret key",))

        assert type(deployed().clock()).__name__ == "SystemClock"

    def test_deployments_share_nothing(self) -> None:
        one, other = (deploy(read({"CONTAINER": DERIVED})[0], ("a secret key",)) for _ in range(2))

        assert one.clock() is not other.clock()
        assert one.loader() is not other.loader()


def test_no_secret_is_shown_by_what_holds_it() -> None:
    container = deploy(read({"ENCRYPTION_KEYS": [KEY]})[0], conf.secret_keys())
    secrets = (settings.SECRET_KEY, KEY, repr(bytes(range(32)))[2:-1])

    for holder in (container, *container.traverse(), container.config().encryption_keys, container.use_cases()):
        overriding = [*getattr(holder, "overridden", ())]
        for each in (holder, *overriding, getattr(holder, "args", ()), getattr(holder, "kwargs", {})):
            assert not any(secret in f"{each!r} {each}" for secret in secrets), type(holder)
    assert container.vault().open(container.vault().seal(b"a seed", b"context"), b"context") == b"a seed"
