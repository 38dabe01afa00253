"""Registers an authenticator app and verifies a code of it, in memory: no Django, no database, no server."""

from base64 import b32decode

from mfa.application.registration import Register
from mfa.application.verification import Verify
from mfa.containers.memory import MemoryContainer
from mfa.domain.identifiers import Token, TokenId, UserId

container = MemoryContainer()
use_cases = container.use_cases()
token = Token(id=TokenId("the digest of a bearer token"), user_id=UserId("1"))
print("before:", use_cases.assess_token(token).verifications_left, "verification left")

registered = use_cases.register_device(Register(token=token, method="totp", name="Pixel 9"))
seed = b32decode(str(registered.shown["secret"]))
step = int(container.clock().now().timestamp()) // 30
[code] = container.one_time_passwords().at(seed, [step], digits=6, algorithm="sha1")
use_cases.verify_challenge(Verify(token=token, index=registered.device.index, value=code))

standing = use_cases.assess_token(token)
print("after: verified by", *(f"{each.method} (device {each.index})" for each in standing.confirmations))
