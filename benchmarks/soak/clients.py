"""Processes that act as users, one life after another, and note what each request was answered.

Nobody waits between two requests but for a mail, so that what is served is what the machine can do. What was not
answered, or by 503, is asked again until it is: then both outcomes of the first are possible, and nothing else is.
"""

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import attrs
import pyotp

from benchmarks.soak.mails import digest, mailed
from mfa.testing.authenticator import SoftwareAuthenticator

CLIENTS = 12
PATIENCE = 60
"""Seconds after which a request, or a life that gets no answer, is given up."""

PAUSE = 0.2
"""Seconds before what was not answered is asked again."""

PERIOD = 30
"""Seconds of a step of TOTP."""

LONGEST_MAIL = 10.0
"""Seconds that a client waits for a mail before it asks for another."""

LONGEST_WAIT = 4 * PATIENCE
"""Seconds after which a life without a code is given up: mails that were late are wrong values, and make it wait."""

GUESSES = 7
TRYOUTS = 5
"""How many wrong values in a row are answered at most: ``VERIFICATION_THROTTLE_TRYOUTS``, by default."""

ORIGIN = "https://example.com"
PASSWORD = "the password of everybody"
WRONG = "0" * 5
"""Whatever the right ones are: they have a digit more."""

REGISTER, DISPATCH, TRUST = "register", "dispatch", "trust"
RIGHT, MAILED, PAIR, GUESS = "verify", "verify, mailed", "verify, twice at once", "verify, guesses"

Json = dict[str, Any]


@attrs.frozen(kw_only=True)
class Attempt:
    """A request, when it was made and answered, and what may be answered beside 503 and nothing at all."""

    user: str
    act: str
    began: float
    ended: float
    status: int | None
    """None where no answer came."""
    expected: tuple[int, ...]
    code: str = ""
    token: str = ""
    """The beginning of the token, by which knox finds it."""
    index: int | None = None
    value: str = ""
    """A digest of it."""

    @property
    def unknown(self) -> bool:
        """Whether nobody can know from the answer what was done."""
        return self.status is None or self.status >= 500


class Abandoned(Exception):
    """A life ended early: what it needs was not to be had for too long, or a refusal came where none may."""


class Line:
    """A way to ask one server, and to write down what was answered."""

    def __init__(self, port: int, log: Path) -> None:
        self._port, self._log, self._lock = port, log.open("a", buffering=1), threading.Lock()

    def ask(  # noqa: PLR0913 - what stands in an attempt
        self,
        user: str,
        act: str,
        verb: str,
        path: str,
        body: object = None,
        *,
        expected: Collection[int],
        token: str = "",
        index: int | None = None,
        value: object = "",
    ) -> tuple[Attempt, Json]:
        """Ask once."""
        began, status = time.time(), None
        answer: Json = {}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        headers = {"Content-Type": "application/json", **({"Authorization": f"Token {token}"} if token else {})}
        try:
            connection.request(verb, path, json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
            status = response.status
            answer = json.loads(text) if text and status < 500 else {}
        except (OSError, HTTPException):
            status = None
        finally:
            connection.close()
        attempt = Attempt(
            user=user,
            act=act,
            began=began,
            ended=time.time(),
            status=status,
            expected=tuple(expected),
            code=str(answer.get("code", "")),
            token=token[:15],
            index=answer.get("index", index) if act == REGISTER else index,
            value=digest(value) if value else "",
        )
        with self._lock:
            self._log.write(json.dumps(attrs.asdict(attempt)) + "\n")
        return attempt, answer

    def close(self) -> None:
        """Write all down."""
        self._log.close()


@attrs.define
class Life:
    """One user, from the first request to the last."""

    line: Line
    name: str
    mails: Path
    pool: ThreadPoolExecutor
    doubtful: bool = False
    """Whether an answer or a mail is missing: what is tried again may be a failure too many, and so has to wait."""

    def insist(self, act: str, verb: str, path: str, body: object = None, **more: Any) -> tuple[Attempt, Json]:
        """Ask until there is an answer; once one is missing, ``after_doubt`` may be answered as well."""
        end = time.monotonic() + PATIENCE
        expected, after_doubt = {*more.pop("expected")}, {*more.pop("after_doubt", ())}
        while True:
            waits = {429} if self.doubtful and "value" in more else set()
            attempt, answer = self.line.ask(self.name, act, verb, path, body, expected=expected | waits, **more)
            if attempt.unknown:
                self.doubtful = True
                expected |= after_doubt
            elif attempt.status in expected:
                return attempt, answer
            if time.monotonic() > end or not (attempt.unknown or attempt.status in waits):
                raise Abandoned(f"{act}: {attempt.status} {attempt.code}".rstrip())
            time.sleep(answer.get("retry_after", PAUSE))

    def log_in(self) -> str:
        """Return a new token."""
        _, answer = self.insist(
            "login", "POST", "/login/", {"username": self.name, "password": PASSWORD}, expected={200}
        )
        return str(answer["token"])

    def register(self, token: str, method: str, **fields: str) -> Json:
        """Register a device, which is pending unless it is a sheet of recovery codes."""
        _, answer = self.insist(
            REGISTER, "POST", f"/multi-factor/register/{method}/", fields, expected={201}, token=token
        )
        return answer

    def verify(self, token: str, index: int, value: object, act: str = RIGHT, **body: object) -> tuple[int, Json]:
        """Verify a value that is right, or may be, until there is an answer."""
        attempt, answer = self.insist(
            act,
            "POST",
            f"/multi-factor/{index}/",
            {"value": value, **body},
            expected={200} if act == RIGHT else {200, 401},
            after_doubt={401},
            token=token,
            index=index,
            value=value,
        )
        assert attempt.status is not None
        return attempt.status, answer

    def prove(self, token: str, index: int, values: Iterator[object]) -> None:
        """Verify one value after another until one is answered as right: after a doubt, it may be spent."""
        for _ in range(10):
            if self.verify(token, index, next(values))[0] == 200:
                return
        raise Abandoned(f"no value of device {index} was taken")

    def try_once(self, token: str, index: int, value: object, act: str, *expected: int) -> None:
        """Give a value, whatever comes of it."""
        path, body = f"/multi-factor/{index}/", {"value": value}
        waits = (429,) if self.doubtful else ()
        more: Json = {"expected": (*expected, *waits), "token": token, "index": index, "value": value}
        self.line.ask(self.name, act, "POST", path, body, **more)

    def twice(self, tokens: tuple[str, str], index: int, value: object) -> None:
        """Send one value by two tokens at once, which may be right for one of them."""
        list(self.pool.map(lambda token: self.try_once(token, index, value, PAIR, 200, 401), tokens))

    def gate(self, token: str, expected: int) -> None:
        """Ask what only a verified token may."""
        self.insist("gate", "GET", "/gate/", expected={expected}, token=token)

    def code(self, token: str, index: int, address: str) -> str:
        """Have a code sent, as often as a mail gets lost, and return the first that comes afterwards.

        That may be one of before which was late.
        """
        end = time.monotonic() + LONGEST_WAIT
        while True:
            before = len(mailed(self.mails / address))
            path, body = f"/multi-factor/{index}/dispatch/", {"reverify": True}
            attempt, answer = self.insist(DISPATCH, "POST", path, body, expected={204, 429}, token=token, index=index)
            if attempt.status == 429:
                time.sleep(answer["retry_after"])
            else:
                waited = time.monotonic() + LONGEST_MAIL
                while time.monotonic() < waited:
                    if found := mailed(self.mails / address)[before:]:
                        return found[-1].code
                    time.sleep(0.02)
                self.doubtful = True
            if time.monotonic() > end:
                raise Abandoned(f"no code: {attempt.status} {attempt.code}".rstrip())

    def live(self) -> None:
        """Do everything that a user does."""
        self.insist("person", "POST", "/people/", {"name": self.name, "password": PASSWORD}, expected={200})
        first, second, never = self.log_in(), self.log_in(), self.log_in()
        both = (first, second)

        device = self.register(first, "hotp")
        counter, hotp = device["index"], map(pyotp.HOTP(device["secret"]).at, count())
        self.prove(first, counter, hotp)
        self.gate(first, 200)
        self.gate(never, 403)

        device = self.register(first, "totp")
        totp = shown(device["secret"])
        self.prove(first, device["index"], totp)
        self.twice(both, device["index"], next(totp))

        self.twice(both, counter, next(hotp))
        self.prove(second, counter, hotp)
        self.try_once(second, counter, WRONG, "verify, wrong", 401)

        device = self.register(second, "recovery")
        codes = iter(device["codes"])
        self.twice(both, device["index"], next(codes))
        self.prove(second, device["index"], codes)

        mail = self.proved_by_mail(first, second)
        third, browser = self.remembered(second, counter, hotp)
        self.proved_by_key(second)
        path = f"/multi-factor/{mail}/"
        self.insist("remove", "DELETE", path, expected={204}, after_doubt={404}, token=second, index=mail)
        # What a removal ends, and what was never there.
        self.gate(third, 403)
        self.insist("trust, ended", "POST", "/multi-factor/trust/", {"token": browser}, expected={401}, token=third)
        self.gate(never, 403)
        for number in range(GUESSES):
            self.try_once(both[number % 2], counter, f"{number}" * 5, GUESS, 401, 429)

    def proved_by_mail(self, first: str, second: str) -> int:
        """Register an address by one token, and prove it by both; a code that was replaced is tried, too."""
        address = f"{self.name}-mail@example.com"
        index: int = self.register(first, "email", address=address)["index"]
        while self.verify(first, index, self.code(first, index, address), MAILED)[0] != 200:
            pass
        replaced, code = self.code(second, index, address), self.code(second, index, address)
        self.try_once(second, index, replaced, "verify, replaced", 401)
        while self.verify(second, index, code, MAILED)[0] != 200:
            code = self.code(second, index, address)
        return index

    def remembered(self, token: str, index: int, values: Iterator[object]) -> tuple[str, str]:
        """Have a browser remembered, and return another token, which that has verified, and what it keeps."""
        status, answer = self.verify(token, index, next(values), trust=True)
        while status != 200:  # the one answer that has it got lost
            status, answer = self.verify(token, index, next(values), trust=True)
        browser, third = answer["trust"]["token"], self.log_in()
        self.gate(third, 403)
        body = {"token": browser}
        self.insist(TRUST, "POST", "/multi-factor/trust/", body, expected={200}, after_doubt={401, 409}, token=third)
        self.gate(third, 200)
        return third, browser

    def proved_by_key(self, token: str) -> None:
        """Register a security key, and answer one challenge of it twice at once."""
        device, authenticator = self.register(token, "webauthn"), SoftwareAuthenticator(origin=ORIGIN)
        index = device["index"]
        self.verify(token, index, authenticator.create(device["options"]))
        path, body = f"/multi-factor/{index}/dispatch/", {"reverify": True}
        _, asked = self.insist("options", "POST", path, body, expected={200}, token=token, index=index)
        self.twice((token, token), index, authenticator.get(asked["options"]))


def shown(secret: str) -> Iterator[str]:
    """Yield values of TOTP: of this step, or of the first after the last, once it is near enough to be taken."""
    step = 0
    while True:
        step = max(step + 1, int(time.time()) // PERIOD)
        time.sleep(max((step - 1) * PERIOD - time.time(), 0))
        yield pyotp.TOTP(secret).at(step * PERIOD)


@contextmanager
def clients(port: int, folder: Path) -> Iterator[Callable[[], list[str]]]:
    """Start the processes, and lend what ends them when each has finished the life that it is at.

    That returns which lives were left, and which processes have not ended as they should.
    """
    context = multiprocessing.get_context("spawn")
    over = context.Event()
    started = [context.Process(target=_act, args=(number, port, folder, over)) for number in range(CLIENTS)]
    for process in started:
        process.start()

    def end() -> list[str]:
        over.set()
        until = time.monotonic() + LONGEST_WAIT + PATIENCE
        for process in started:
            process.join(max(until - time.monotonic(), 0))
        left = [line for log in folder.glob("left-*") for line in log.read_text().splitlines()]
        return [*left, *amiss([process.exitcode for process in started])]

    try:
        yield end
    finally:
        for process in started:
            process.kill()
            process.join()


def amiss(codes: Sequence[int | None]) -> Iterator[str]:
    """Tell which processes were ended by a mistake of theirs, or have not ended."""
    for number, code in enumerate(codes):
        if code != 0:
            yield f"client {number} " + ("has not ended" if code is None else f"ended with {code}")


def _act(number: int, port: int, folder: Path, over: Event) -> None:
    line = Line(port, folder / f"client-{number}.jsonl")
    with ThreadPoolExecutor(2) as pool:
        for life in count():
            if over.is_set():
                break
            try:
                Life(line, f"p{number}x{life}", folder / "mails", pool).live()
            except Abandoned as why:
                with (folder / f"left-{number}").open("a") as left:
                    left.write(f"p{number}x{life} was left: {why}\n")
    line.close()
    os._exit(0)


def read(folder: Path) -> list[Attempt]:
    """Return what all of them have noted, in the order in which it began."""
    lines = [line for log in folder.glob("client-*.jsonl") for line in log.read_text().splitlines()]
    attempts = (Attempt(**{**entry, "expected": tuple(entry["expected"])}) for entry in map(json.loads, lines))
    return sorted(attempts, key=lambda each: each.began)
