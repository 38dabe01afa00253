"""What a project writes to do without HTTP what the routes do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_type

from django.dispatch import receiver

from mfa.adapters.accessor import use_cases
from mfa.adapters.django.signals import device_activated
from mfa.application.dispatching import RequestChallenge
from mfa.application.registration import Register, Registered
from mfa.application.standing import Assessment
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.containers.memory import MemoryContainer
from mfa.domain.devices import Device
from mfa.domain.errors import MfaError, Refused, Throttled
from mfa.domain.events import DeviceActivated
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Requirement
from mfa.domain.verdicts import Reason

token = Token(id=TokenId("a script"), user_id=UserId("1"))


def enrol() -> Device | Reason:
    deployed = use_cases()
    registered = deployed.register_device(Register(token=token, method="totp", name="Pixel 9"))
    assert_type(registered, Registered)
    assert_type(registered.device.index, int)
    assert_type(registered.shown, Mapping[str, object])
    assert_type(
        deployed.dispatch_challenge(RequestChallenge(token=token, index=registered.device.index)),
        Mapping[str, object] | None,
    )
    answer = deployed.verify_challenge(Verify(token=token, index=registered.device.index, value="123456"))
    assert_type(answer, Verified | NotVerified)
    return answer.device if isinstance(answer, Verified) else answer.reason


def refuse() -> Refused | None:
    try:
        standing = MemoryContainer().use_cases().assess_token(token)
    except Throttled as throttled:
        raise SystemExit(throttled.retry_after) from throttled
    except MfaError as error:
        raise SystemExit(error.code) from error
    assert_type(standing, Assessment)
    assert_type(standing.verified, bool)
    assert_type(standing.grace_until, datetime | None)
    return standing.refusal(Requirement(methods=["webauthn"]))


@receiver(device_activated)
def congratulate(event: DeviceActivated, **_: Any) -> None:
    assert_type(event.user_id, UserId)
    assert_type(event.at, datetime)
    assert_type(event.method, str)
