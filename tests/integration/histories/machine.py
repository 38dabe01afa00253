"""Histories made up by Hypothesis: what several clients of one person do at once, and what goes wrong meanwhile."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import attrs
import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.integration.histories.checker import check
from tests.integration.histories.faults import FAULTS, MOMENT, deadlocks
from tests.integration.histories.recording import Held, Recorder
from tests.integration.histories.specification import KEY, SENT, SESSION, Account, step
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.table import DATABASE
from tests.projects.histories.outbox import FAILS
from tests.projects.promises.faults import LINGER

KINDS = ("kill", "error") if DATABASE == "sqlite" else ("kill", "error", "lost")
LATEST_STATEMENT = 9
LONG = 300
"""Seconds that are longer than the waits of some failures."""


@attrs.frozen
class Wish:
    """What a client is to do, with whichever token and device these numbers mean then."""

    kind: str
    who: int
    which: int
    offset: int | None
    fault: str


def violations(recorder: Recorder) -> list[str]:
    """Tell of a history what no project may answer that works, or no order of requests explains."""
    found = [*recorder.unasked]
    if not recorder.said:
        found.append("nothing was said: every answer was one that does not tell whether anything was done")
    refuted = check(recorder.operations, Account(), step)
    return found if refuted is None else [*found, str(refuted)]


@attrs.define
class Campaign:
    """What the histories of one deployment came to."""

    deployment: Deployment
    database: str
    until_violation: bool = False
    deadline: float = float("inf")
    """On the clock of ``time.monotonic``; what is under way then is judged, and nothing begun any more."""
    histories: int = 0
    operations: int = 0
    answers: Counter[str] = attrs.field(factory=Counter)
    faults: Counter[str] = attrs.field(factory=Counter)
    unanswered: int = 0
    violations: list[str] = attrs.field(factory=list)
    slowest: float = 0

    @property
    def over(self) -> bool:
        return time.monotonic() > self.deadline or (self.until_violation and bool(self.violations))

    def judge(self, recorder: Recorder) -> None:
        self.histories += 1
        self.operations += len(recorder.operations)
        self.unanswered += sum(not each.answered for each in recorder.operations)
        self.answers += recorder.answers
        self.faults += recorder.struck
        began = time.perf_counter()
        self.violations += violations(recorder)
        self.slowest = max(self.slowest, time.perf_counter() - began)

    def run(self, seed: int | None = None, histories: int = 10, steps: int = 6) -> None:
        """Make so many histories up; the same ones in every run without a seed, as far as they were made up."""

        class Deployed(Machine):
            def __init__(self) -> None:
                super().__init__(campaign)

        campaign = self
        before = deadlocks(self.database) if "deadlock" in FAULTS else 0
        how = settings(
            max_examples=histories,
            stateful_step_count=steps,
            phases=[Phase.generate],
            derandomize=seed is None,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(Deployed if seed is None else hypothesis.seed(seed)(Deployed), settings=how)
        if "deadlock" in FAULTS:
            self.faults["deadlock"] += deadlocks(self.database) - before


faults = st.one_of(
    *[st.sampled_from(["", LINGER, LINGER, LINGER])] * 4,
    st.builds(
        "{} {} {}".format,
        st.integers(2, LATEST_STATEMENT),
        st.sampled_from(["before", "after"]),
        st.sampled_from(KINDS),
    ),
)
"""What a request is sent with: mostly nothing that fails, and not at the first statement, which authenticates it."""

wishes = st.builds(
    Wish,
    kind=st.sampled_from(
        ["verify"] * 8
        + ["gate"] * 3
        + ["trust", "dispatch", "show", "show", "forget", "logout", "remove"]
        + ["register totp", "register hotp", "register email", "register recovery", "register webauthn"]
    ),
    who=st.integers(0, 3),
    which=st.integers(0, 3),
    offset=st.sampled_from([0, 0, 0, 0, -1, 1, None, None]),
    fault=faults,
)


ENROLLED = (
    (),
    ("totp",),
    ("totp", "hotp", "recovery"),
    ("totp", SENT),
    (SENT, "recovery"),
    ("totp", KEY),
    (KEY, SENT),
)
"""What a person may have at first, in this order."""


class Machine(RuleBasedStateMachine):
    """One person with two tokens and a session, who enrols first, if at all."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__()
        self.campaign = campaign
        self.recorder: Recorder | None = None

    @property
    def going(self) -> Recorder | None:
        """Who goes on, with three tokens that nobody has ended, as far as that is known; None when the time is over."""
        recorder = self.recorder
        if recorder is None or self.campaign.over:
            return None
        for kind, wanted in (("token", 2), (SESSION, 1)):
            for _ in range(wanted - sum(each.startswith(kind) for each in recorder.alive)):
                recorder.login(kind)
        return recorder

    @initialize(methods=st.sampled_from(ENROLLED))
    def enrol(self, methods: Sequence[str]) -> None:
        if self.campaign.over:
            return
        recorder = self.recorder = Recorder(self.campaign.deployment)
        for method in methods:
            recorder.register("token 0", method)
            if method == SENT:
                recorder.dispatch("token 0", recorder.held[-1])
            if method != "recovery":
                recorder.verify("token 0", recorder.held[-1], 0, trust=True)()

    @rule(
        together=st.lists(wishes, min_size=2, max_size=6),
        fault=st.sampled_from([""] * 8 + [*FAULTS]),
        later=st.sampled_from([0, 30, 30, 60, 300]),
        chance=st.integers(0, 2**32),
    )
    def at_once(self, together: list[Wish], fault: str, later: int, chance: int) -> None:
        recorder = self.going
        if recorder is None:
            return
        if later:
            recorder.set_clock(recorder.now + later)
        requests = [self.request(recorder, wish) for wish in together]
        if fault:
            if fault != "deadlock":
                recorder.struck[fault] += 1
            went_wrong = partial(FAULTS[fault], recorder, random.Random(chance), self.campaign.database)  # noqa: S311 - a plan
            requests = [went_wrong, *(partial(_late, request) for request in requests)]
        recorder.at_once(requests)

    @rule(
        which=st.integers(0, 3),
        guesses=st.lists(st.tuples(st.integers(0, 3), st.sampled_from([None, None, None, 0])), min_size=3, max_size=6),
        fault=faults,
    )
    def guess(self, which: int, guesses: list[tuple[int, int | None]], fault: str) -> None:
        """Give one device more values at once than may be looked at before the next wait, which has just ended."""
        recorder = self.going
        if recorder is None:
            return
        recorder.set_clock(recorder.now + LONG)
        tried = [Wish("verify", who, which, offset, fault if who == 0 else LINGER) for who, offset in guesses]
        recorder.at_once([self.request(recorder, wish) for wish in tried])

    @rule(who=st.integers(0, 2), which=st.integers(0, 3), fault=faults)
    def lose(self, who: int, which: int, fault: str) -> None:
        """Remove a device that a token has just proved, and ask before and afterwards for what that was worth."""
        recorder = self.going
        if recorder is None or not recorder.held:
            return
        held = recorder.held[-which % len(recorder.held)]
        token = self.proved(recorder, recorder.alive[-1 - who], held)
        gates = [partial(recorder.gate, token)] * 6
        recorder.at_once(gates)
        recorder.remove(token, held, fault)
        recorder.at_once(gates)
        for kept in recorder.kept[-1:]:
            recorder.show(recorder.alive[0], kept)

    @rule(
        who=st.integers(0, 2),
        wrong=st.sampled_from([0, 0, 2, 5]),
        times=st.integers(1, 5),
        later=st.sampled_from([0, 0, 0, 1800]),
        fault=faults | st.just(FAILS),
    )
    def send(self, who: int, wrong: int, times: int, later: int, fault: str) -> None:
        """Have codes sent, try wrong ones between waits, and give the right one to several requests at once."""
        recorder = self.going
        token, held = ("", None) if recorder is None else self.of_method(recorder, SENT, who)
        if recorder is None or held is None:
            return
        recorder.set_clock(recorder.now + LONG)
        for number in range(times):
            recorder.set_clock(recorder.now + 31)
            recorder.dispatch(token, held, "" if number else fault)
        for _ in range(wrong):
            recorder.verify(token, held, None)()
            recorder.set_clock(recorder.now + LONG)
        recorder.set_clock(recorder.now + later)
        recorder.at_once([recorder.verify(token, held, offset, LINGER) for offset in (-1, 0, 0)])
        recorder.verify(token, held, 0)()

    @rule(
        who=st.integers(0, 2),
        offsets=st.lists(st.sampled_from([0, 0, -1, 1, None]), min_size=1, max_size=3),
        times=st.integers(1, 2),
        later=st.sampled_from([0, 0, 0, 300]),
        fault=faults,
    )
    def sign(self, who: int, offsets: list[int | None], times: int, later: int, fault: str) -> None:
        """Have a key sign several times what it was given once, or twice; another token proves something weaker."""
        recorder = self.going
        token, held = ("", None) if recorder is None else self.of_method(recorder, KEY, who)
        if recorder is None or held is None:
            return
        for number in range(times):
            recorder.dispatch(token, held, "" if number else fault)
        recorder.set_clock(recorder.now + later)
        recorder.at_once([recorder.verify(token, held, offset, LINGER) for offset in offsets])
        recorder.verify(token, held, 0)()
        other = self.proved(recorder, recorder.alive[0], recorder.held[0])
        recorder.register(other, "hotp")

    def of_method(self, recorder: Recorder, method: str, who: int) -> tuple[str, Held | None]:
        """A token, and the last device of a method; or the token that has just left one pending, if it may."""
        token = recorder.alive[-1 - who]
        if all(each.method != method for each in recorder.held):
            token = self.proved(recorder, token, recorder.held[0]) if recorder.held else token
            recorder.register(token, method)
        return token, next((each for each in reversed(recorder.held) if each.method == method), None)

    @rule(
        how=st.sampled_from(["logout", "forget", "password", "lock down"]),
        together=st.lists(wishes, min_size=1, max_size=3),
        who=st.integers(0, 2),
        which=st.integers(0, 3),
        fault=faults,
    )
    def end(self, how: str, together: list[Wish], who: int, which: int, fault: str) -> None:
        """Have a browser remembered, end what is open while somebody asks for something, and try what was open."""
        recorder = self.going
        if recorder is None:
            return
        token = recorder.alive[-1 - who]
        if recorder.held:
            token = self.proved(recorder, token, recorder.held[-which % len(recorder.held)])
        ending: Callable[[], None] = {
            "logout": partial(recorder.logout, token, fault),
            "forget": partial(recorder.forget, token, recorder.kept[-1] if recorder.kept else "", fault),
            "password": partial(recorder.change_password, fault),
            "lock down": partial(recorder.lock_down, fault),
        }[how]
        recorder.at_once([ending, *(self.request(recorder, wish) for wish in together)])
        for each in list(recorder.browsers):
            recorder.gate(each)
        if self.going is not None:
            recorder.register(recorder.alive[0], "totp")
            for each, kept in zip(recorder.alive, recorder.kept[:-3:-1], strict=False):
                recorder.show(each, kept)

    def proved(self, recorder: Recorder, token: str, held: Held) -> str:
        """Have a token prove a device, and its browser remembered; return the token that there is then."""
        recorder.set_clock(recorder.now + LONG)
        if held.method in {SENT, KEY}:
            recorder.dispatch(token, held)
        recorder.verify(token, held, 0, trust=True)()
        return token if token in recorder.alive else recorder.alive[-1]

    def request(self, recorder: Recorder, wish: Wish) -> Callable[[], None]:
        """Make of a wish a request; names that are over come up as well, and seldom."""
        names = [*(name for name in recorder.browsers if name in recorder.over), *recorder.alive]
        token = names[-wish.who % len(names)]
        kind, _, method = wish.kind.partition(" ")
        asks: dict[str, Callable[..., None]] = {
            "gate": partial(recorder.gate, token),
            "logout": partial(recorder.logout, token),
            "register": partial(recorder.register, token, method),
        }
        if recorder.kept:
            kept = recorder.kept[-wish.which % len(recorder.kept)]
            asks |= {"show": partial(recorder.show, token, kept), "forget": partial(recorder.forget, token, kept)}
        if recorder.held:
            held = recorder.held[-wish.which % len(recorder.held)]
            if kind in {"verify", "trust"}:
                return recorder.verify(token, held, wish.offset, wish.fault, trust=kind == "trust")
            asks |= {
                "dispatch": partial(recorder.dispatch, token, held),
                "remove": partial(recorder.remove, token, held),
            }
        return partial(asks.get(kind, asks["gate"]), fault=wish.fault)

    def teardown(self) -> None:
        """Ask once more for every token, and look for an order."""
        if self.recorder is None:
            return
        for token in list(self.recorder.browsers):
            self.recorder.gate(token)
        self.campaign.judge(self.recorder)


def _late(request: Callable[[], None]) -> None:
    time.sleep(MOMENT)
    request()
