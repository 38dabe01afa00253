"""What is measured: the use cases behind the routes and the gate."""

from collections.abc import Callable
from datetime import timedelta

import attrs

from benchmarks.scale.crowd import APP, MAIL, Deployment, Person
from mfa.application.dispatching import RequestChallenge
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.identifiers import TokenId

Action = Callable[[Deployment, Person], Callable[[], object]]
"""Prepares something and returns it, to be done and timed."""

ROUND = timedelta(hours=1)
"""What passes between two rounds, so that no value is a replay and no list of dispatches grows."""


def gate(deployed: Deployment, person: Person) -> Callable[[], object]:
    """Ask whether a token may pass."""
    return lambda: _sure(deployed.use_cases.assess_token(person.token).verified)


def overview(deployed: Deployment, person: Person) -> Callable[[], object]:
    """List the devices."""
    return lambda: _sure(len(deployed.use_cases.list_devices(person.token)) == 1 + MAIL)


def verify_app(deployed: Deployment, person: Person) -> Callable[[], object]:
    """Verify a right value of an authenticator app."""
    command = Verify(token=person.token, index=APP, value=person.code(deployed.clock.time))
    return lambda: _sure(isinstance(deployed.use_cases.verify_challenge(command), Verified))


def verify_wrong(deployed: Deployment, person: Person) -> Callable[[], object]:
    """Verify a wrong value."""
    command = Verify(token=person.token, index=APP, value="")
    return lambda: _sure(isinstance(deployed.use_cases.verify_challenge(command), NotVerified))


def dispatch(deployed: Deployment, person: Person) -> Callable[[], object]:
    """Send a code."""
    command = RequestChallenge(token=person.token, index=MAIL, again=True)
    return lambda: deployed.use_cases.dispatch_challenge(command)


def verify_mail(deployed: Deployment, person: Person) -> Callable[[], object]:
    """Verify the code that was just sent."""
    command = Verify(token=person.token, index=MAIL, value=deployed.outbox.messages[-1].code)
    return lambda: _sure(isinstance(deployed.use_cases.verify_challenge(command), Verified))


def by_another(action: Action) -> Action:
    """Have a person do something with a token that has never been seen."""

    def prepare(deployed: Deployment, person: Person) -> Callable[[], object]:
        deployed.clock.advance(ROUND)
        token = attrs.evolve(person.token, id=TokenId(f"new:{deployed.clock.time.isoformat()}"))
        return action(deployed, attrs.evolve(person, token=token))

    return prepare


ACTIONS: dict[str, Action] = {
    "gate": gate,
    "overview": overview,
    "verify, right": verify_app,
    "verify, wrong": verify_wrong,
    "dispatch": dispatch,
    "verify, sent code": verify_mail,
}
"""In an order in which each finds what it needs."""

FIRST: dict[str, Action] = {
    "verify, new token": by_another(verify_app),
    "dispatch, new token": by_another(dispatch),
}
"""What writes new rows, and can so be done only once by each; its plans are read as well."""


def _sure(right: bool) -> None:  # noqa: FBT001 - there is but one thing to be sure of
    if not right:
        raise AssertionError("What was to be measured did not happen.")
