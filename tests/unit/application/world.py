"""A deployment in memory, and the people who use it: what a test of the use cases is written with."""

from base64 import b32decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import attrs

from mfa.adapters.memory.system import FrozenClock
from mfa.application.devices import ListDevices, Remove, RemoveDevice, Rename, RenameDevice
from mfa.application.dispatching import DispatchChallenge, RequestChallenge, VoidChallenge
from mfa.application.registration import Register, RegisterDevice, Registered
from mfa.application.standing import Assessment, AssessToken
from mfa.application.transactions import ListedDevice
from mfa.application.trusts import ListTrusts, NotTrusted, Revoke, RevokeTrust, ShowTrust, TrustBrowser, Trusted
from mfa.application.use_cases import UseCases
from mfa.application.verification import MadeTrust, NotVerified, Verified, Verify, VerifyChallenge
from mfa.config import Config
from mfa.containers.memory import MemoryContainer
from mfa.domain.events import Event
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.methods.base import NO_SIBLINGS, Attempt, Enrolment, Method, Registration, RegistrationField
from mfa.domain.methods.base import Dispatch as Dispatched
from mfa.domain.policies import Profile
from mfa.domain.sends import SendLimits
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict
from tests.otp import PlainOneTimePasswords

ANNA = UserId("1")
BERT = UserId("2")
PHONE = Token(id=TokenId("digest of the token on Anna's phone"), user_id=ANNA)
LAPTOP = Token(id=TokenId("digest of the token on Anna's laptop"), user_id=ANNA)
BERTS = Token(id=TokenId("digest of Bert's token"), user_id=BERT)

MAIL = "anna@example.com"
WRONG = "no code"
"""Text is never right: a wrong number might be, once in a million times."""

Kind = TypeVar("Kind", bound=Event)

STEP = timedelta(seconds=30)


class SecurityKey(Method):
    """Stands for webauthn: it can neither be guessed nor phished, and here it is right when touched."""

    name = "key"
    verbose_name = "Security key"
    guessable = False
    phishing_resistant = True
    backup = False
    limits: SendLimits | None = None
    fields: tuple[RegistrationField, ...] = ()

    def __init__(self, config: Config) -> None:
        pass

    def register(self, enrolment: Enrolment) -> Registration:
        return Registration(state=b"0")

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes] = NO_SIBLINGS) -> Dispatched:
        raise NotImplementedError

    def verify(self, attempt: Attempt) -> Verdict:
        state = str(int(attempt.state) + 1).encode()
        return Accepted(state=state) if attempt.value == "touch" else Rejected(reason=Reason.WRONG, state=state)


METHODS = ("totp", "hotp", "email", "sms", "recovery", f"{SecurityKey.__module__}.{SecurityKey.__qualname__}")


class World:
    """The memory container with settings of a test's own, and short words for what people do with it."""

    def __init__(self, **settings: Any) -> None:
        self.container = MemoryContainer()
        self.container.config.override(attrs.evolve(Config(methods=METHODS), **settings))
        self.clock = self.container.clock()
        self.outbox = self.container.outbox()
        self.publisher = self.container.publisher()
        self.repository = self.container.accounts()
        self.vault = self.container.vault()
        self.container.users().add(ANNA, Profile(name="anna", email=MAIL))
        self.container.users().add(BERT, Profile(name="bert"))

    def with_settings(self, **settings: Any) -> "World":
        """Return another deployment over the same accounts at the same time, as after a restart."""
        world = World(**settings)
        world.container.accounts.override(self.repository)
        world.container.entropy.override(self.container.entropy())
        world.repository = self.repository
        world.clock.time = self.clock.time
        return world

    # The use cases, asked for each time so that whatever a test overrides is seen

    @property
    def use_cases(self) -> UseCases:
        return self.container.use_cases()

    @property
    def register_device(self) -> RegisterDevice:
        return self.use_cases.register_device

    @property
    def dispatch_challenge(self) -> DispatchChallenge:
        return self.use_cases.dispatch_challenge

    @property
    def void_challenge(self) -> VoidChallenge:
        return self.use_cases.void_challenge

    @property
    def verify_challenge(self) -> VerifyChallenge:
        return self.use_cases.verify_challenge

    @property
    def assess_token(self) -> AssessToken:
        return self.use_cases.assess_token

    @property
    def list_devices(self) -> ListDevices:
        return self.use_cases.list_devices

    @property
    def rename_device(self) -> RenameDevice:
        return self.use_cases.rename_device

    @property
    def remove_device(self) -> RemoveDevice:
        return self.use_cases.remove_device

    @property
    def trust_browser(self) -> TrustBrowser:
        return self.use_cases.trust_browser

    @property
    def list_trusts(self) -> ListTrusts:
        return self.use_cases.list_trusts

    @property
    def revoke_trust(self) -> RevokeTrust:
        return self.use_cases.revoke_trust

    def register(self, token: Token, method: str, *, name: str = "", **fields: str) -> Registered:
        return self.register_device(Register(token=token, method=method, name=name, fields=fields))

    def dispatch(self, token: Token, index: int, *, again: bool = False) -> str:
        """Dispatch a challenge, and return the code that arrived."""
        self.dispatch_challenge(RequestChallenge(token=token, index=index, again=again))
        return self.outbox.messages[-1].code

    def verify(self, token: Token, index: int, value: object) -> Verified | NotVerified:
        return self.verify_challenge(Verify(token=token, index=index, value=value))

    def remember(self, token: Token, index: int, value: object, *, browser: str = "") -> MadeTrust:
        """Verify in a browser that is to be remembered, and return what it is given."""
        verified = self.verify_challenge(Verify(token=token, index=index, value=value, trust=True, browser=browser))
        assert isinstance(verified, Verified)
        assert verified.trust is not None
        return verified.trust

    def show(self, token: Token, kept: str) -> Trusted | NotTrusted:
        return self.trust_browser(ShowTrust(token=token, kept=kept))

    def revoke(self, token: Token, trust: str) -> None:
        self.revoke_trust(Revoke(token=token, trust=trust))

    def assess(self, token: Token) -> Assessment:
        return self.assess_token(token)

    def indexes(self, token: Token) -> list[int]:
        """Return the indexes of the devices that a token sees."""
        return [each.device.index for each in self.list_devices(token)]

    def confirmed(self, token: Token) -> list[int]:
        """Return the indexes of the devices that a token has confirmed."""
        return [each.device.index for each in self.list_devices(token) if each.confirmed]

    def renamed(self, token: Token, index: int, name: str) -> ListedDevice:
        return self.rename_device(Rename(token=token, index=index, name=name))

    def rename(self, token: Token, index: int, name: str) -> str:
        return self.renamed(token, index, name).device.name

    def remove(self, token: Token, index: int) -> None:
        self.remove_device(Remove(token=token, index=index))

    # What people do

    def app(self, registered: Registered) -> "App":
        """Scan the secret of a device with an authenticator app."""
        secret = cast("str", registered.shown["secret"])
        return App(
            index=registered.device.index,
            seed=b32decode(secret + "=" * (-len(secret) % 8)),
            clock=self.clock,
            passwords=PlainOneTimePasswords(),
            digits=6,
        )

    def enrolled(self, token: Token, method: str = "totp", **fields: str) -> "App":
        """Register an app or a hardware token and activate it with its first value."""
        app = self.app(self.register(token, method, **fields))
        assert isinstance(self.verify(token, app.index, app.code() if method == "totp" else app.at(0)), Verified)
        return app

    def mailbox(self, token: Token, *, address: str = MAIL, name: str = "") -> int:
        """Register a mail address, activate it with the first code, and return its index."""
        index = self.register(token, "email", name=name, address=address).device.index
        assert isinstance(self.verify(token, index, self.dispatch(token, index)), Verified)
        return index

    def codes(self, token: Token) -> tuple[int, list[str]]:
        """Make recovery codes, and return their index and themselves."""
        registered = self.register(token, "recovery")
        return registered.device.index, cast("list[str]", registered.shown["codes"])

    def wrong(self, token: Token, index: int, times: int) -> None:
        """Give wrong values, each as soon as one is looked at."""
        for _ in range(times):
            self.await_unlocked(token)
            assert isinstance(self.verify(token, index, WRONG), NotVerified)

    def await_unlocked(self, token: Token) -> None:
        self.clock.advance(self.assess(token).retry_after or timedelta(0))

    def later(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def events(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.publisher.events if isinstance(event, kind)]

    @property
    def history(self) -> list[Event]:
        return list(self.publisher.events)

    def failures(self, user_id: UserId = ANNA) -> int:
        account = self.repository.of(user_id)
        return sum(each.failures.count for each in account.devices) + sum(each.recent for each in account.gone)


@attrs.frozen(kw_only=True)
class App:
    """An authenticator app or a hardware token with the secret of one device."""

    index: int
    seed: bytes
    clock: FrozenClock
    passwords: PlainOneTimePasswords
    digits: int

    def at(self, counter: int) -> str:
        """Return the value at a counter or step."""
        return self.passwords.at(self.seed, [counter], digits=self.digits, algorithm="sha1")[0]

    @property
    def step(self) -> int:
        """Return the step that the clock is in."""
        return int(self.clock.now().timestamp()) // 30

    def code(self) -> str:
        """Return the value of now."""
        return self.at(self.step)

    def fresh(self) -> str:
        """Wait for the next step, and return its value."""
        self.clock.advance(STEP)
        return self.code()
