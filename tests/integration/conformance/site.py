"""A site that registers and recognises credentials, and ceremonies that are right but for what an item changes."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
from cryptography.hazmat.primitives.serialization import Encoding

from mfa.domain.events import VerificationRejected
from mfa.testing.authenticator import (
    ES256,
    Authority,
    Held,
    SoftwareAuthenticator,
    b64decode,
    b64encode,
    cbor,
    generate_key,
    sign,
)
from tests.integration.drf.keys import Json, dispatched, new_key, registered, take_keys
from tests.integration.drf.people import Answer, Person, World
from tests.unit.adapters.webauthn.scene import Scene

ACCEPTED = "200"
NOT_BASE64 = "not base64url!"

FACTORY, STRANGER = Authority.root(), Authority.root()
BATCH_KEY = generate_key(ES256)
BATCH = STRANGER.issue(BATCH_KEY.public_key())

ANCHORS = (FACTORY.certificate, BATCH)
"""What the site trusts under ``direct``: an authority, and one certificate of another by itself."""

Change = Callable[[Json], object]
Cut = Callable[[bytes], bytes]
Maker = Callable[[Scene], tuple[str, object]]


@attrs.define
class Site:
    world: World
    ann: Person
    folder: Path
    heard: list[VerificationRejected] = attrs.field(factory=list)

    def configure(self, under: Mapping[str, object]) -> None:
        if under.get("WEBAUTHN_ATTESTATION") == "direct":
            anchors = b"".join(each.public_bytes(Encoding.PEM) for each in ANCHORS)
            (self.folder / "anchors.pem").write_bytes(anchors)
            under = {"WEBAUTHN_TRUST_ROOTS": str(self.folder), **under}
        take_keys(self.world, **under)

    def hear(self, event: VerificationRejected, **_: object) -> None:
        self.heard.append(event)

    def outcome(self, answer: Answer) -> str:
        """Say what was answered, and what of it only the operator is told."""
        if answer.status_code == 200:
            return ACCEPTED
        if answer.status_code == 400:
            return f"400, `{'.'.join(named(answer.json()['value']))}`"
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_value")
        event = self.heard.pop()
        assert self.heard == []
        return f"401, {event.step} `{event.reason.value}`"


Run = Callable[[Site], str]


def named(error: object) -> list[str]:
    """The path to the member at fault, in the body of a 400."""
    if not isinstance(error, dict):
        return []
    [[member, inner]] = error.items()
    return [member, *named(inner)]


# Changes


def keep(given: Json) -> None:
    """Change nothing."""


def whole(data: bytes) -> bytes:
    return data


def put(path: str, value: object) -> Change:
    def change(given: Json) -> None:
        *outer, last = path.split(".")
        for name in outer:
            given = given[name]
        given[last] = value

    return change


def drop(path: str) -> Change:
    def change(given: Json) -> None:
        *outer, last = path.split(".")
        for name in outer:
            given = given[name]
        del given[last]

    return change


def flagged(*, on: int = 0, off: int = 0) -> Cut:
    """Set and clear flags of authenticator data (section 6.1)."""
    return lambda data: data[:32] + bytes([data[32] & ~off | on]) + data[33:]


def no_statement(scene: Scene) -> tuple[str, object]:
    return "none", {}


# Ceremonies


def creating(
    *,
    client: Change = keep,
    data: Cut = whole,
    statement: Maker = no_statement,
    attestation: Change = keep,
    value: Change = keep,
    **behaviour: Any,
) -> Run:
    """Register a credential; what is attested is what was changed before."""

    def run(site: Site) -> str:
        device = registered(site.ann)
        key = new_key(**behaviour)
        created = key.create(device["options"])
        [held] = key.held.values()
        response = created["response"]
        client_data = changed(response["clientDataJSON"], client)
        written = data(b64decode(response["authenticatorData"]))
        scene = Scene(key=held.key, authority=FACTORY, written=written, client_data_hash=sha256(client_data).digest())
        fmt, made = statement(scene)
        parts: Json = {"fmt": fmt, "attStmt": made, "authData": written}
        attestation(parts)
        response |= {"clientDataJSON": b64encode(client_data), "attestationObject": b64encode(cbor(parts))}
        value(created)
        return site.outcome(site.ann.verify(device["index"], created))

    return run


def asserting(
    *,
    client: Change = keep,
    data: Cut = whole,
    hashed: Cut = whole,
    value: Change = keep,
    before: Mapping[str, object] | None = None,
    **behaviour: Any,
) -> Run:
    """Use a credential that was registered right, by a key that behaved as ``before``."""

    def run(site: Site) -> str:
        index, key = enrolled(site, **before or {})
        made = answered(key, dispatched(site.ann, index, again=True), client, data, hashed, **behaviour)
        value(made)
        return site.outcome(site.ann.verify(index, made))

    return run


def enrolled(site: Site, **behaviour: Any) -> tuple[int, SoftwareAuthenticator]:
    device, key = registered(site.ann), new_key(**behaviour)
    assert site.ann.verify(device["index"], key.create(device["options"])).status_code == 200
    return device["index"], key


def answered(
    key: SoftwareAuthenticator,
    options: Json,
    client: Change = keep,
    data: Cut = whole,
    hashed: Cut = whole,
    **behaviour: Any,
) -> Json:
    """What a browser makes of request options, signed as it was changed."""
    made = key.behaving(**behaviour).get(options)
    response = made["response"]
    client_data = changed(response["clientDataJSON"], client)
    written = data(b64decode(response["authenticatorData"]))
    response |= {
        "clientDataJSON": b64encode(client_data),
        "authenticatorData": b64encode(written),
        "signature": b64encode(sign(only(key).key, written + hashed(sha256(client_data).digest()))),
    }
    return made


def only(key: SoftwareAuthenticator) -> Held:
    [held] = key.held.values()
    return held


def changed(client_data: str, change: Change) -> bytes:
    fields = json.loads(b64decode(client_data))
    change(fields)
    return json.dumps(fields, separators=(",", ":")).encode()
