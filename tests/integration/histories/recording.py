"""One person's history: requests as they were sent and answered, by one clock, and what their owner has of devices."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any, TypeVar

import attrs
import pyotp

from mfa.domain.trusts import id_of
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.histories.checker import Operation
from tests.integration.histories.specification import (
    KEY,
    PERIOD,
    SENT,
    SESSION,
    Act,
    Dispatch,
    Forget,
    Gate,
    LockDown,
    Login,
    Logout,
    Password,
    Register,
    Remove,
    Show,
    Undelivered,
    Verify,
)
from tests.integration.promises.deployment import WORKERS, Deployment
from tests.integration.promises.stage import LOST, Answer, Browser, SessionBrowser
from tests.projects.histories import clock
from tests.projects.histories.outbox import FAILS, HEADER
from tests.projects.promises import outbox
from tests.projects.promises.settings import ORIGIN

UNSAID = frozenset({LOST, *range(http.client.INTERNAL_SERVER_ERROR, 600)})
"""Answers that do not tell whether anything was done."""

UNDELIVERED = "delivery_failed"
"""The one answer among those that does, with its code."""

STRIKING = frozenset({"kill", "error", "lost"})
"""Faults that hit a request at one of its statements."""

STATUSES = {
    http.client.OK: "accepted",
    http.client.CREATED: "registered",
    http.client.BAD_REQUEST: "malformed",
    http.client.NO_CONTENT: "removed",
}

Made = TypeVar("Made")

WRONG = "000"
"""Too short for any code."""

WRONG_CHALLENGE = "AAAA"


@attrs.define
class Held:
    """A device as its owner knows it: what it shows, how far it has counted, and which requests had a code sent.

    A key has an authenticator, and what each token was given to sign.
    """

    index: int
    method: str
    secret: str
    codes: list[str]
    used: int = 0
    dispatches: list[str] = attrs.field(factory=list)
    options: dict[str, list[Mapping[str, Any]]] = attrs.field(factory=dict)
    proved: bool = False
    authenticator: SoftwareAuthenticator = attrs.field(factory=partial(SoftwareAuthenticator, origin=ORIGIN))

    def value(self, now: int, offset: int) -> str:
        """The value that is due, or one before or after it."""
        match self.method:
            case "totp":
                return pyotp.HOTP(self.secret).at(now // PERIOD + offset)
            case "hotp":
                return pyotp.HOTP(self.secret).at(max(self.used + offset, 0))
            case method if method == SENT:
                sent = [code for name in self.dispatches for code in outbox.codes(name)]
                return sent[max(offset - 1, -len(sent))] if sent else WRONG
            case _:
                return self.codes[max(self.used + offset, 0) % len(self.codes)]

    def signed(self, token: str, offset: int | None) -> tuple[object, dict[str, Any]]:
        """What a key makes of options that the token has had, or another, and what the specification calls that."""
        options = self.options.get(token) or [*self.options.values()][-1]
        chosen = dict(options[max(min(offset or 0, 0) - 1, -len(options))])
        if offset is None:
            chosen["challenge"] = WRONG_CHALLENGE
        self.used += 1
        count = 1 if offset == 1 else self.used
        key, creates = self.authenticator.behaving(sign_count=count), "rp" in chosen and not self.proved
        value = key.create(chosen) if creates else key.assertion([*key.held.values()][-1], chosen)
        what = {"value": chosen["challenge"], "signer": value["id"], "count": count, "creates": creates}
        return value, what


@attrs.define
class Reading:
    """A time that the clock showed: from when it was being set until another one was."""

    shown: int
    since: float
    until: float = float("inf")


class Door(Browser):
    """Asks as whoever needs no token: an operator, or the project's login."""

    @property
    def headers(self) -> dict[str, str]:
        return {}


@attrs.frozen
class Asked:
    """One request, from when it was called until it was over, and what was said, if anything."""

    token: str
    called: float
    over: float
    answer: Answer
    said: str | None
    late: bool = False


class Recorder:
    """Sends one person's requests, and keeps what was answered.

    ``over`` are tokens whose end was answered; ``unasked`` is what failed although nothing had struck it.
    """

    def __init__(self, deployment: Deployment, tokens: int = 2) -> None:
        self.deployment = deployment
        self.door = Door(deployment.transport, "")
        self.readings: list[Reading] = []
        self.set_clock(int(time.time()) // PERIOD * PERIOD)
        self.browsers: dict[str, Browser] = {}
        self.held: list[Held] = []
        self.kept: list[str] = []
        self.over: set[str] = set()
        self.operations: list[Operation[Act]] = []
        self.answers: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.unasked: list[str] = []
        self._lock = threading.Lock()
        self._names = count()
        called = time.monotonic()
        self.person = _patiently(lambda: deployment.person(tokens))
        for browser in self.person.browsers:
            self._logged_in("token", browser, called)
        self.login(SESSION)

    @property
    def alive(self) -> list[str]:
        """The tokens that nobody has ended, as far as that is known."""
        return [each for each in self.browsers if each not in self.over]

    @property
    def said(self) -> bool:
        """Whether any answer told what was done, logins aside."""
        return any(each.answered and not isinstance(each.act, Login) for each in self.operations)

    @property
    def now(self) -> int:
        return self.readings[-1].shown

    def set_clock(self, shown: int) -> None:
        """Set the clock; before it is, whoever is answered has to know that it may be already."""
        before = self.readings[-1:]
        self.readings.append(Reading(shown, time.monotonic()))
        clock.hold(shown)
        for each in before:
            each.until = time.monotonic()

    def at_once(self, requests: Sequence[Callable[[], None]]) -> None:
        with ThreadPoolExecutor(len(requests)) as threads:
            for each in [threads.submit(request) for request in requests]:
                each.result()

    # Requests

    def login(self, kind: str) -> None:
        def logged_in() -> Browser:
            if kind == SESSION:
                return self.person.logged_in()
            answer = self.door.ask("POST", f"/login/{self.person.id}/")
            assert answer.status == http.client.OK, answer
            return Browser(self.door.transport, answer.body["key"])

        called = time.monotonic()
        self._logged_in(kind, _patiently(logged_in), called)

    def logout(self, token: str, fault: str = "") -> None:
        self._ask(Logout, token, fault, ("POST", "/logout/", None), words={204: "logged out"}, ends=[token])

    def change_password(self, fault: str = "") -> None:
        """Change it to one that there was never."""
        request = "POST", f"/password/{self.person.id}/", {"password": str(next(self._names))}
        sessions = [each for each in self.browsers if each.startswith(SESSION)]
        self._ask(Password, "", fault, request, words={200: "changed"}, ends=sessions)

    def lock_down(self, fault: str = "") -> None:
        request = "POST", f"/lock-down/{self.person.id}/", None
        self._ask(LockDown, "", fault, request, words={200: "locked down"}, ends=[*self.browsers])

    def gate(self, token: str, fault: str = "") -> None:
        self._ask(Gate, token, fault, ("GET", "/gate/", None), words={200: "passed", 403: "refused"})

    def register(self, token: str, method: str, fault: str = "") -> None:
        def told(answer: Answer) -> dict[str, Any]:
            if answer.status != http.client.CREATED:
                return {}
            shown = answer.body
            codes = [code.replace("-", "") for code in shown.get("codes", ())]
            options = shown.get("options")
            secret = shown.get("secret", "") if options is None else options["challenge"]
            held = Held(shown["index"], method, secret, codes, options={token: [options]} if options else {})
            with self._lock:
                self.held = [*(each for each in self.held if each.index != held.index), held]
            return {"index": held.index, "secret": secret, "codes": frozenset(codes)}

        self._ask(Register, token, fault, ("POST", f"/multi-factor/register/{method}/", {}), told, method=method)

    def dispatch(self, token: str, held: Held, fault: str = "") -> None:
        """Have a code sent; with ``FAILS`` as the fault, its sender says that it could not."""
        name = f"{self.person.id} {next(self._names)} {FAILS if fault == FAILS else ''}".strip()
        with self._lock:
            held.dispatches.append(name)
        request = "POST", f"/multi-factor/{held.index}/dispatch/", {"reverify": True}
        asked = self._send(token, "" if fault == FAILS else fault, request, words={200: "sent", 204: "sent"}, name=name)
        # By now it has been sent, or never will be.
        sent, failed = outbox.codes(name), asked.said == UNDELIVERED
        if asked.answer.status == http.client.OK:
            options = asked.answer.body["options"]
            sent = [options["challenge"]]
            with self._lock:
                held.options[token] = [*held.options.get(token, []), options]
        code = sent[0] if sent else name
        if len(sent) != 1 and asked.said == "sent":
            self.unasked.append(f"{len(sent)} codes were sent, although one was answered: {held}")
        answer = "sent" if failed else asked.said
        self._record(Dispatch, asked, answer=answer, index=held.index, code=code, may_fail=failed or answer is None)
        if failed or (answer is None and held.method == SENT):
            self._record(Undelivered, asked, answer="void" if failed else None, index=held.index, code=code)

    def verify(
        self, token: str, held: Held, offset: int | None, fault: str = "", *, trust: bool = False
    ) -> Callable[[], None]:
        """Prepare a request with the value that is due, or one so many before or after that; or with a wrong one.

        Of a key, the one before is for a challenge that was replaced, and the one after as from a clone.
        """
        value: object
        if held.method == KEY:
            value, what = held.signed(token, offset)
        else:
            value = WRONG if offset is None else held.value(self.now, offset)
            what = {"value": value}
        used = held.used + (offset or 0) + 1

        def told(answer: Answer) -> dict[str, Any]:
            if answer.status != http.client.OK:
                return {}
            kept = answer.body.get("trust", {}).get("token", "")
            with self._lock:
                held.proved = True
                held.used = held.used if held.method == KEY else max(held.used, used)
                self.kept += [kept] if kept else []
            return {"successor": self._renewed(token, answer), "kept": kept}

        def send() -> None:
            request = "POST", f"/multi-factor/{held.index}/", {"value": value, "trust": trust}
            self._ask(Verify, token, fault, request, told, index=held.index, trust=trust, **what)

        return send

    def show(self, token: str, kept: str, fault: str = "") -> None:
        """Show what a browser has kept."""

        def told(answer: Answer) -> dict[str, Any]:
            return {"successor": self._renewed(token, answer)} if answer.status == http.client.OK else {}

        self._ask(Show, token, fault, ("POST", "/multi-factor/trust/", {"token": kept}), told, kept=kept)

    def forget(self, token: str, kept: str, fault: str = "") -> None:
        request = "DELETE", f"/multi-factor/trust/{id_of(kept)}/", None
        self._ask(Forget, token, fault, request, kept=kept)

    def remove(self, token: str, held: Held, fault: str = "") -> None:
        request = "DELETE", f"/multi-factor/{held.index}/", None
        self._ask(Remove, token, fault, request, index=held.index)

    def _ask(
        self,
        act: type[Act],
        token: str,
        fault: str,
        request: tuple[str, str, object],
        told: Callable[[Answer], dict[str, Any]] = lambda _: {},
        *,
        words: Mapping[int, str] = STATUSES,
        ends: Iterable[str] = (),
        **what: Any,
    ) -> None:
        asked = self._send(token, fault, request, words=words, ends=ends)
        shown = {} if asked.said is None else told(asked.answer)
        self._record(act, asked, answer=asked.said, **what, **shown)

    def _send(
        self,
        token: str,
        fault: str,
        request: tuple[str, str, object],
        *,
        words: Mapping[int, str],
        ends: Iterable[str] = (),
        name: str = "",
    ) -> Asked:
        browser = self.browsers[token] if token else self.door
        late = token in self.over

        def named(verb: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
            return browser.transport.request(verb, path, body, {**headers, HEADER: name})

        called = time.monotonic()
        try:
            answer = browser.wish(*request, fault=fault)(named)
        except http.client.HTTPException:
            answer = Answer(LOST)
        over = time.monotonic()
        said = _said(answer, words)
        kind = fault.rpartition(" ")[2]
        struck = kind in STRIKING and answer.struck
        with self._lock:
            if said == "unauthenticated":
                self.over.add(token)
            elif said in words.values():
                self.over.update(ends)
            self.answers[str(answer)] += 1
            if struck and (answer.status == LOST) == (kind == "kill"):
                self.struck[kind] += 1
            if answer.status == http.client.INTERNAL_SERVER_ERROR and not struck:
                self.unasked.append(f"500, although nothing struck: {' '.join(request[:2])} of {token}")
        return Asked(token, called, over, answer, said, late)

    def _record(self, act: type[Act], asked: Asked, **what: Any) -> None:
        """Write down what may have been done from when it was called until it was over, if that was ever told."""
        times = tuple({each.shown for each in self.readings if each.since <= asked.over and each.until >= asked.called})
        done = act(**{"token": asked.token, "late": asked.late, "times": times, **what})
        operation = Operation(done, asked.called, *([] if done.answer is None else [asked.over]))
        with self._lock:
            self.operations.append(operation)

    # Tokens

    def _logged_in(self, kind: str, browser: Browser, called: float) -> None:
        given = Asked(self._name(kind, browser), called, time.monotonic(), Answer(http.client.OK), "logged in")
        self._record(Login, given, answer=given.said)

    def _name(self, kind: str, browser: Browser) -> str:
        name = f"{kind} {sum(each.startswith(kind) for each in self.browsers)}"
        self.browsers[name] = browser
        return name

    def _renewed(self, token: str, answer: Answer) -> str:
        browser = self.browsers[token]
        if not isinstance(browser, SessionBrowser):
            return ""
        renewed = browser.renewed(answer)
        if renewed.key == browser.key:
            return token
        with self._lock:
            self.over.add(token)
            return self._name(SESSION, renewed)


def _patiently(make: Callable[[], Made]) -> Made:
    """Ask the project, which in any of its processes may have a connection that was cut in the history before."""
    for _ in range(2 * WORKERS):
        with suppress(AssertionError):
            return make()
    return make()


def _said(answer: Answer, words: Mapping[int, str]) -> str | None:
    """What an answer tells of what was done, in words of the specification; None for nothing.

    Where a session is ended while it is asked, Django says 400, in HTML, after whatever was done.
    """
    code = answer.body.get("code", "") if isinstance(answer.body, dict) else ""
    if answer.status in UNSAID or (answer.status == http.client.BAD_REQUEST and isinstance(answer.body, str)):
        return UNDELIVERED if code == UNDELIVERED else None
    if code == "invalid_value":
        return "rejected"
    if answer.status == http.client.UNAUTHORIZED or (answer.status == http.client.FORBIDDEN and not code):
        return "unauthenticated"
    return words.get(answer.status) or code or str(answer)
