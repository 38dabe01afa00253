"""How the default deployment chooses its adapters."""

import base64
from datetime import UTC, datetime
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from dependency_injector import providers

from mfa.adapters.accessor import UseCases
from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.otp.segno import SegnoQrCodes
from mfa.adapters.senders.django_email import DjangoEmailSender
from mfa.adapters.senders.phone_number import PhonenumbersAddressing
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider
from mfa.adapters.tokens.knox import KnoxTokenProvider
from mfa.config import Config, read
from mfa.containers import django
from mfa.containers.django import DeployedUseCases, DjangoContainer
from mfa.domain.errors import InvalidField, UnknownKey
from tests.authenticator import Authority
from tests.projects.containers import Container, CopyOfACopy, Subclass

SITE = {"METHODS": ["webauthn"], "WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
OUTBOX = "mfa.adapters.memory.delivery.OutboxSender"
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
        assert deployed().core.totp().qr_codes is None

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
        assert list(deployed().core.senders()) == ["email"]


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

    def test_a_metadata_file_names_authenticators(self, tmp_path: Path) -> None:
        file = tmp_path / "metadata.json"
        file.write_text('{"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": {"name": "Blue key"}}', encoding="utf-8")

        container = deployed(**SITE, WEBAUTHN_METADATA=str(file))

        assert list(container.authenticator_models().values()) == ["Blue key"]
        assert container.core.webauthn().models == container.authenticator_models()
        assert deployed(**SITE).authenticator_models() == {}

    def test_a_provider_that_makes_tokens_logs_in(self) -> None:
        container = deployed(**SITE, PASSKEY_LOGIN=True)

        provider: object = container.token_provider()
        assert container.token_issuer() is provider
        assert container.core.log_in_by_passkey().tokens is container.token_provider()
        assert container.core.log_in_by_passkey().holders is container.holders()

    def test_one_that_only_knows_them_does_not(self) -> None:
        with pytest.raises(LookupError, match="TOKEN_PROVIDER"):
            deployed(TOKEN_PROVIDER="tests.projects.acme.HeaderTokens").token_issuer()


BESIDE = {"account_join", "credential_renewer", "standing_recorder", "step_up_status"}
"""What a deployment can say and is no use case."""


class TestUseCases:
    def test_all_of_them_come_from_the_container(self) -> None:
        container = deployed()
        use_cases = DeployedUseCases(container)

        for name in (each for each in vars(UseCases) if not each.startswith("_") and each not in BESIDE):
            source = container if name in {"token_provider", "vault"} else container.core
            assert type(getattr(use_cases, name)) is type(getattr(source, name)()), name
        join: object = use_cases.account_join
        assert join is container.accounts()
        assert use_cases.step_up_status == container.config().step_up_status
        assert use_cases.vault is container.vault()
        assert use_cases.token_provider is container.token_provider()

    def test_an_override_is_seen_at_once_and_so_is_its_end(self) -> None:
        container, mine = deployed(), object()
        use_cases = DeployedUseCases(container)
        own = use_cases.register_device.vault

        with container.vault.override(providers.Object(mine)):
            assert use_cases.vault is mine
            assert use_cases.register_device.vault is mine

        assert use_cases.register_device.vault is own

    def test_so_is_one_of_the_core_and_one_of_what_overrides(self) -> None:
        container, mine, other = deployed(), object(), object()
        use_cases = DeployedUseCases(container)
        assert use_cases.list_devices.transactions.rules is not mine
        override = providers.Callable(lambda: mine)

        with container.core.rules.override(override):
            assert use_cases.list_devices.transactions.rules is mine
            with override.override(providers.Object(other)):
                assert use_cases.list_devices.transactions.rules is other
            assert use_cases.list_devices.transactions.rules is mine

    def test_until_then_each_is_made_once(self) -> None:
        use_cases = DeployedUseCases(deployed())

        assert use_cases.assess_token is use_cases.assess_token
        assert use_cases.methods is use_cases.methods

    def test_a_provider_that_does_more_is_told_as_what_it_does(self) -> None:
        sessions = DeployedUseCases(deployed(TOKEN_PROVIDER="session"))
        known: object = sessions.token_provider
        assert sessions.credential_renewer is known
        assert sessions.standing_recorder is None

        tokens = DeployedUseCases(deployed(TOKEN_PROVIDER=["authtoken", "session"]))
        same: list[object] = [tokens.standing_recorder, tokens.credential_renewer, tokens.token_provider]
        assert same == same[:1] * 3


class TestCopies:
    """A project's container, in whichever way it is made."""

    @pytest.mark.parametrize("kind", [Container, Subclass, CopyOfACopy])
    def test_what_is_replaced_is_the_very_one_that_the_use_cases_have(self, kind: type[DjangoContainer]) -> None:
        container = kind(config=Config(), secret_keys=("a secret key",))

        container.check_dependencies()
        assert container.core.transactions().clock is container.clock()
        assert container.core().transactions().clock is container.clock()

    @pytest.mark.parametrize("kind", [Container, CopyOfACopy])
    def test_so_is_what_replaces_a_factory(self, kind: type[DjangoContainer]) -> None:
        container = kind(config=Config(), secret_keys=("a secret key",))

        assert container.core.senders() == {"email": container.email_sender()}

    def test_and_what_only_the_platform_itself_asks_for(self) -> None:
        container = CopyOfACopy(config=Config(), secret_keys=("a secret key",))

        unit_of_work: Any = container.unit_of_work()
        assert unit_of_work.publisher is container.publisher()
        assert container.core.totp().entropy is container.entropy()
        assert container.extra() == {}

    @pytest.mark.parametrize("kind", [Container, Subclass, CopyOfACopy])
    def test_what_is_not_replaced_is_one_as_well(self, kind: type[DjangoContainer]) -> None:
        container = kind(config=Config(), secret_keys=("a secret key",))

        assert container.core.register_device().vault is container.vault()
        assert container.core.workshop() is container.workshop()

    @pytest.mark.parametrize("kind", [Container, Subclass, CopyOfACopy])
    def test_an_override_reaches_the_use_cases_and_its_end_as_well(self, kind: type[DjangoContainer]) -> None:
        container = kind(config=Config(), secret_keys=("a secret key",))
        own, mine = container.clock(), object()

        container.clock.override(providers.Object(mine))
        assert container.core.transactions().clock is mine

        container.clock.reset_override()
        assert container.core.transactions().clock is own

    def test_the_built_in_container_stays_as_it_is(self) -> None:
        Container(config=Config(), secret_keys=("a secret key",))

        assert type(deployed().clock()).__name__ == "SystemClock"
        assert DjangoContainer.replaced == frozenset()

    def test_copies_share_nothing(self) -> None:
        one = Container(config=Config(), secret_keys=("a secret key",))
        other = Container(config=Config(), secret_keys=("a secret key",))

        assert one.clock() is not other.clock()
        assert one.workshop() is not other.workshop()
