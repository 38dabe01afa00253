"""Options and structure of a registration: groups Req-1 and Resp-1 to Resp-3."""

from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import AT, ES256, RS256, b64decode, b64encode, cbor
from tests.integration.conformance.ledger import DIRECT, REQUIRED, RESPONSE, Group, Item, failures, refused
from tests.integration.conformance.shared import STRUCTURE, client_data, part
from tests.integration.conformance.site import ACCEPTED, Change, Site, creating, drop, enrolled, flagged, only, put
from tests.integration.drf.keys import registered
from tests.unit.adapters.webauthn.scene import Scene, packed

UNREADABLE = refused("7.1.13", Reason.MALFORMED)
UNVERIFIED = refused("7.1.22", Reason.ATTESTATION)


def full(scene: Scene) -> tuple[str, object]:
    return "packed", packed(scene)


def creation_options(site: Site) -> str:
    options = registered(site.ann)["options"]
    user, party = options["user"], options["rp"]
    assert [*map(type, (user["name"], user["displayName"], party["name"], party["id"]))] == [str] * 4
    assert 0 < len(b64decode(user["id"])) <= 64
    assert len(b64decode(options["challenge"])) >= 16
    assert {"type": "public-key", "alg": ES256} in options["pubKeyCredParams"]
    assert {(each["type"], type(each["alg"])) for each in options["pubKeyCredParams"]} == {("public-key", int)}
    assert options["timeout"] > 0
    return ACCEPTED


def no_attestation(site: Site) -> str:
    assert registered(site.ann)["options"]["attestation"] == "none"
    return ACCEPTED


def another_challenge(site: Site) -> str:
    one, other = (registered(site.ann)["options"]["challenge"] for _ in range(2))
    assert one != other
    return ACCEPTED


def verification_demanded(site: Site) -> str:
    assert registered(site.ann)["options"]["authenticatorSelection"]["userVerification"] == "required"
    return ACCEPTED


def excluded(site: Site) -> str:
    _, key = enrolled(site)
    [known] = registered(site.ann)["options"]["excludeCredentials"]
    assert (known["type"], known["id"]) == ("public-key", b64encode(only(key).id))
    return ACCEPTED


CREATION_OPTIONS = Group(
    name="Server-ServerPublicKeyCredentialCreationOptions-Req-1",
    about="Options to create a credential",
    items=(
        Item(
            "P-1",
            "Site, user, challenge, algorithms and time-out are there, of the right types and lengths",
            creation_options,
        ),
        Item("P-2", "No attestation is asked for where none is wanted", no_attestation),
        Item("P-3", "Two sets of options have two challenges", another_challenge),
        Item(
            "P-4", "User verification is demanded where it is wanted", verification_demanded, under=REQUIRED, later=True
        ),
    ),
)

STRUCTURE_OF_IT = Group(
    name=f"{RESPONSE}1",
    about="The structure of a registration",
    items=(
        Item("P-1", "What was registered is excluded by the next options", excluded),
        *failures(
            creating,
            *STRUCTURE,
            *part("clientDataJSON", refused("7.1.6", Reason.MALFORMED)),
            *part("attestationObject", UNREADABLE),
        ),
        Item(
            "F-15",
            "The user was not verified, though that was demanded",
            creating(user_verified=False),
            refused("7.1.16", Reason.USER_VERIFICATION),
            under=REQUIRED,
            later=True,
        ),
    ),
)

CLIENT_DATA = Group(
    name=f"{RESPONSE}2",
    about="The client data of a registration",
    items=(
        *failures(
            creating,
            *client_data("7.1.6", "7.1.7", "7.1.8", "7.1.9", own="webauthn.create", other="webauthn.get"),
        ),
    ),
)


def unattested(data: bytes) -> bytes:
    return flagged(off=AT)(data)[:37]


def attested(change: Change) -> dict[str, object]:
    """An attestation in which something is changed after it was signed."""
    return {"statement": full, "attestation": change}


ATTESTATION_OBJECT = Group(
    name=f"{RESPONSE}3",
    about="The attestation object",
    under=DIRECT,
    items=(
        Item(
            "P-1",
            "Authenticator data with extensions, and with the flag for them",
            creating(statement=full, extensions=cbor({"example.extension": "yes"})),
        ),
        *failures(
            creating,
            (
                "It is no map of CBOR",
                UNREADABLE,
                {"value": put("response.attestationObject", b64encode(cbor(["fmt"])))},
            ),
            ("No `fmt`", UNREADABLE, attested(drop("fmt"))),
            ("`fmt` is no text", UNREADABLE, attested(put("fmt", b"packed"))),
            ("No `attStmt`", UNREADABLE, attested(drop("attStmt"))),
            ("`attStmt` is no map", UNVERIFIED, attested(put("attStmt", []))),
            ("No `authData`", UNREADABLE, attested(drop("authData"))),
            ("`authData` is no bytes", UNREADABLE, attested(put("authData", "text"))),
            ("`authData` is empty", UNREADABLE, {"statement": full, "data": lambda data: b""}),
            ("A credential, but no flag AT", UNREADABLE, {"statement": full, "data": flagged(off=AT)}),
            (
                "Neither a credential nor a flag AT",
                refused("7.1.20", Reason.MALFORMED),
                {"statement": full, "data": unattested},
            ),
            ("A flag AT, but no credential", UNREADABLE, {"statement": full, "data": lambda data: data[:37]}),
            ("Bytes are left over", UNREADABLE, {"statement": full, "data": lambda data: data + b"left over"}),
            ("`packed`: the statement is empty", UNVERIFIED, attested(put("attStmt", {}))),
            ("`packed`: no `alg`", UNVERIFIED, attested(drop("attStmt.alg"))),
            ("`packed`: `alg` is no number", UNVERIFIED, attested(put("attStmt.alg", "ES256"))),
            ("`packed`: `alg` is not that of the model", UNVERIFIED, attested(put("attStmt.alg", RS256))),
            ("`packed`: no `sig`", UNVERIFIED, attested(drop("attStmt.sig"))),
            ("`packed`: `sig` is no bytes", UNVERIFIED, attested(put("attStmt.sig", "text"))),
            ("`packed`: `sig` is empty", UNVERIFIED, attested(put("attStmt.sig", b""))),
        ),
    ),
)

GROUPS = (CREATION_OPTIONS, STRUCTURE_OF_IT, CLIENT_DATA, ATTESTATION_OBJECT)
