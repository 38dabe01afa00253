"""Algorithms, and the statement of each format: groups Resp-4 to Resp-B."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding

from mfa.domain.methods.webauthn import ALGORITHM_NAMES
from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import ES256, Authority, PrivateKey, generate_key
from tests.integration.conformance.algorithms import MAKERS, rsa
from tests.integration.conformance.ledger import DIRECT, RESPONSE, Group, Item, failures, refused
from tests.integration.conformance.metadata import MADE, by_maker, known
from tests.integration.conformance.registration import UNVERIFIED, attested, full
from tests.integration.conformance.site import (
    ACCEPTED,
    BATCH,
    BATCH_KEY,
    FACTORY,
    STRANGER,
    Maker,
    Run,
    Site,
    creating,
    drop,
    put,
)
from tests.unit.adapters.webauthn.scene import (
    CERTIFY,
    SHA256,
    Scene,
    Statement,
    android_key,
    cert_info,
    fido_u2f,
    key_description,
    packed,
    packed_self,
    public_area,
    sized,
    tpm,
    tpm_rs1,
)
from tests.unit.adapters.webauthn.service import statement

UNTRUSTED = refused("7.1.24", Reason.UNTRUSTED)
UNKNOWN_FORMAT = refused("7.1.21", Reason.ATTESTATION)
NOT_OFFERED = refused("7.1.20", Reason.ALGORITHM)

LINE = FACTORY.intermediate()
PAST, FUTURE = datetime(2021, 1, 1, tzinfo=UTC), datetime(2110, 1, 1, tzinfo=UTC)


# Algorithms


def self_signed(name: str) -> Run:
    """Register a key of an algorithm by self attestation, which the port verifies as well where it is accepted."""

    def run(site: Site) -> str:
        algorithm, scenes = MAKERS[name](), []

        def keyed(data: bytes) -> bytes:
            return data[: 55 + int.from_bytes(data[53:55])] + algorithm.public_key

        def signed(scene: Scene) -> tuple[str, object]:
            made = {"alg": algorithm.number, "sig": algorithm.sign(scene.message)}
            scenes.append((scene, made))
            return "packed", made

        outcome = creating(data=keyed, statement=signed)(site)
        for scene, made in scenes:
            assert outcome != ACCEPTED or scene.verify("packed", made) == ()
        return outcome

    return run


MORE_OF_RSA = "Of RSA, RS256 alone is offered, which modules under Windows make. What is not offered is not taken."

ALGORITHMS = Group(
    name=f"{RESPONSE}4",
    about="Algorithms of credentials, each with self attestation",
    under={"WEBAUTHN_ALGORITHMS": [*ALGORITHM_NAMES]},
    items=(
        Item(
            "P-1",
            "ES256K",
            self_signed("ES256K"),
            NOT_OFFERED,
            "ES256K: Level 3 does not name the curve (section 5.8.5), and the list itself waits for it.",
        ),
        Item("P-2", "PS256", self_signed("PS256"), NOT_OFFERED, MORE_OF_RSA),
        Item("P-3", "PS384", self_signed("PS384"), NOT_OFFERED, MORE_OF_RSA),
        Item("P-4", "PS512", self_signed("PS512"), NOT_OFFERED, MORE_OF_RSA),
        Item("P-5", "RS256", self_signed("RS256")),
        Item("P-6", "RS384", self_signed("RS384"), NOT_OFFERED, MORE_OF_RSA),
        Item("P-7", "RS512", self_signed("RS512"), NOT_OFFERED, MORE_OF_RSA),
        Item(
            "P-8",
            "RS1",
            self_signed("RS1"),
            NOT_OFFERED,
            "RS1: SHA-1 is believed of modules alone (Resp-9, P-2).",
        ),
        Item("P-9", "ES256", self_signed("ES256")),
        Item("P-10", "ES384", self_signed("ES384")),
        Item("P-11", "ES512", self_signed("ES512")),
        Item("P-12", "Ed25519", self_signed("EdDSA")),
    ),
)


# packed


def of(fmt: str, statement: Callable[[Scene], Statement], **changes: Any) -> Maker:
    """A statement of a format, by a scene in which something is changed."""
    return lambda scene: (fmt, statement(attrs.evolve(scene, **changes)))


def certified(scene: Scene, *above: x509.Certificate, **certificate: Any) -> Statement:
    """A packed statement whose certificates go on with others."""
    statement = packed(scene, **certificate)
    return {**statement, "x5c": [*statement["x5c"], *der(*above)]}


def der(*certificates: x509.Certificate) -> list[bytes]:
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def chained(*above: x509.Certificate, authority: Authority = LINE, **certificate: Any) -> Maker:
    return of("packed", lambda scene: certified(scene, *above, **certificate), authority=authority)


def by_batch(scene: Scene) -> tuple[str, object]:
    return "packed", {**packed(attrs.evolve(scene, attesting=BATCH_KEY)), "x5c": der(BATCH)}


def signed_otherwise(by: Callable[[Scene], PrivateKey]) -> Maker:
    """A statement with the certificate of one key, and the signature of another."""
    return lambda scene: ("packed", {**packed(scene), "sig": packed(attrs.evolve(scene, attesting=by(scene)))["sig"]})


def of_another_curve(scene: Scene) -> tuple[str, object]:
    """ES256 by a key that is none of ES256."""
    return "packed", packed(attrs.evolve(scene, attesting=generate_private_key(SECP256K1())))


COMMANDS = {"versions": ["FIDO_2_1"], "vendorPrototypeConfigCommands": [2**63, 2**64 - 1]}
ITSELF_ALONE = statement(attestationTypes=["basic_surrogate"])


EXPIRED = FACTORY.intermediate(not_after=PAST)

BASIC = Group(
    name=f"{RESPONSE}5",
    about="`packed` with certificates",
    under=DIRECT,
    items=(
        Item("P-1", "A certificate by a root that is trusted", creating(statement=full)),
        Item("P-2", "A chain up to a root that is trusted", creating(statement=chained(LINE.certificate))),
        Item("P-3", "A certificate that is trusted by itself", creating(statement=by_batch), later=True),
        Item(
            "P-4",
            "A root whose constraints are marked critical",
            creating(statement=chained(authority=FACTORY)),
            later=True,
        ),
        Item(
            "P-5",
            "A model whose metadata have numbers of 64 bits",
            known(statement(authenticatorGetInfo=COMMANDS, **MADE), creating(statement=by_maker)),
            later=True,
        ),
        *failures(
            creating,
            ("A format that there is not", UNKNOWN_FORMAT, attested(put("fmt", "unheard-of"))),
            ("`sig` is wrong", UNVERIFIED, attested(put("attStmt.sig", b"no signature of anything"))),
            ("No `x5c`", UNVERIFIED, attested(drop("attStmt.x5c"))),
            ("`x5c` is no list", UNVERIFIED, attested(put("attStmt.x5c", b"certificate"))),
            ("`x5c` is empty", UNVERIFIED, attested(put("attStmt.x5c", []))),
            ("The certificate has expired", UNTRUSTED, {"statement": chained(authority=FACTORY, not_after=PAST)}),
            (
                "The certificate is not valid yet",
                UNTRUSTED,
                {"statement": chained(authority=FACTORY, not_before=FUTURE)},
            ),
            ("The certificate's key is of another algorithm", UNVERIFIED, {"statement": of_another_curve}),
            ("A chain to nobody who is trusted", UNTRUSTED, {"statement": chained(authority=STRANGER)}),
            (
                "A chain with the root at its end",
                ACCEPTED,
                {"statement": chained(LINE.certificate, FACTORY.certificate)},
                "A root in the chain: Level 3 does not forbid it, and Android's key stores send theirs.",
            ),
            (
                "A chain with the root, in a wrong order",
                UNTRUSTED,
                {"statement": chained(FACTORY.certificate, LINE.certificate)},
            ),
            (
                "A chain in which an authority has expired",
                UNTRUSTED,
                {"statement": chained(EXPIRED.certificate, authority=EXPIRED)},
            ),
            (
                "Signed by none of the certificate's keys",
                UNVERIFIED,
                {"statement": signed_otherwise(lambda scene: generate_key(ES256))},
            ),
            ("Signed by the credential", UNVERIFIED, {"statement": signed_otherwise(lambda scene: scene.key)}),
        ),
    ),
)


def by_itself(scene: Scene) -> tuple[str, object]:
    """Self attestation, which the port verifies: it names no certificates."""
    statement = packed_self(scene)
    assert scene.verify("packed", statement) == ()
    return "packed", statement


SELF = Group(
    name=f"{RESPONSE}6",
    about="`packed` without certificates: self attestation",
    under=DIRECT,
    items=(
        Item("P-1", "A right one", creating(statement=by_itself), under={"WEBAUTHN_ATTESTATION": "none"}),
        Item(
            "F-1",
            "`sig` is wrong",
            creating(statement=by_itself, attestation=put("attStmt.sig", b"no signature")),
            UNVERIFIED,
        ),
        Item(
            "F-2",
            "Certificates, of a model that has none by its metadata",
            known(ITSELF_ALONE, creating(statement=chained(authority=STRANGER))),
            UNTRUSTED,
        ),
        Item(
            "F-3",
            "A format that there is not",
            creating(statement=by_itself, attestation=put("fmt", "unheard-of")),
            UNKNOWN_FORMAT,
        ),
    ),
)

NONE = Group(
    name=f"{RESPONSE}7",
    about="`none`",
    items=(
        Item("P-1", "No statement where none is asked for", creating()),
        Item("P-2", "Self attestation where none is asked for", creating(statement=by_itself)),
        Item(
            "F-1",
            "The statement of `packed` under the name of `none`",
            creating(statement=lambda scene: ("none", packed(scene))),
            ACCEPTED,
            "Where no attestation is asked for, none is judged. Under `direct` it is refused in step 7.1.22.",
        ),
    ),
)


# fido-u2f


def key(scene: Scene) -> tuple[str, object]:
    return "fido-u2f", fido_u2f(scene)


U2F = Group(
    name=f"{RESPONSE}8",
    about="`fido-u2f`",
    under=DIRECT,
    items=(
        Item("P-1", "A right one", creating(statement=key, aaguid=bytes(16))),
        Item(
            "F-1",
            "The AAGUID is not zero",
            creating(statement=key),
            ACCEPTED,
            "The AAGUID of `fido-u2f`: section 8.6 neither signs nor checks it, and in section 16 it is not zero.",
        ),
        Item(
            "F-2",
            "`sig` is wrong",
            creating(statement=key, attestation=put("attStmt.sig", b"no signature of anything"), aaguid=bytes(16)),
            UNVERIFIED,
        ),
    ),
)


# tpm


def module(scene: Scene, **parts: Any) -> tuple[str, object]:
    return "tpm", tpm(attrs.evolve(scene, attesting=rsa()), **parts)


def module_by_sha1(scene: Scene) -> tuple[str, object]:
    return "tpm", tpm_rs1(attrs.evolve(scene, attesting=rsa()))


def named_by_sha1(scene: Scene) -> tuple[str, object]:
    """The name is one by SHA-1, and the key's own area says that it is by SHA-256."""
    area = public_area(scene.key)
    right = SHA256 + hashlib.sha256(area).digest()
    name = b"\0\x04" + hashlib.sha1(area).digest()  # noqa: S324 - which is to be refused
    info = cert_info(scene, area)
    assert info.count(sized(right)) == 1
    return module(scene, info=info.replace(sized(right), sized(name)))


def about_nothing(scene: Scene) -> tuple[str, object]:
    return module(scene, info=cert_info(scene, public_area(scene.key), extra=bytes(32)))


def made_outside(scene: Scene) -> tuple[str, object]:
    return module(scene, info=cert_info(scene, public_area(scene.key), head=b"\0TCG" + CERTIFY))


def about_another(scene: Scene) -> tuple[str, object]:
    return module(scene, area=public_area(generate_key(ES256)))


def in_line(maker: Maker, *, turned: bool = False) -> Maker:
    """A statement by the line of a factory, whose certificate comes second, or first where it should not."""

    def make(scene: Scene) -> tuple[str, object]:
        fmt, statement = maker(attrs.evolve(scene, authority=LINE))
        assert isinstance(statement, dict)
        path = [*statement["x5c"], *der(LINE.certificate)]
        return fmt, {**statement, "x5c": path[::-1] if turned else path}

    return make


TPM = Group(
    name=f"{RESPONSE}9",
    about="`tpm`",
    under=DIRECT,
    items=(
        Item("P-1", "By SHA-256", creating(statement=in_line(module))),
        Item("P-2", "By SHA-1", creating(statement=module_by_sha1)),
        Item(
            "P-3",
            "The name in `certInfo` is by another hash than `nameAlg` says",
            creating(statement=named_by_sha1),
            UNVERIFIED,
            "Section 8.3 demands the name by `nameAlg`, and the tool has dropped the item.",
        ),
        Item("P-4", "By ES256", creating(statement=of("tpm", tpm)), later=True),
        *failures(
            creating,
            ("The certificates are in a wrong order", UNVERIFIED, {"statement": in_line(module, turned=True)}),
            ("`extraData` is not the hash of what is attested", UNVERIFIED, {"statement": about_nothing}),
            ("`magic` is not `TPM_GENERATED_VALUE`", UNVERIFIED, {"statement": made_outside}),
            ("`pubArea` is about another key", UNVERIFIED, {"statement": about_another}),
        ),
    ),
)


# Android


def key_store(scene: Scene, **parts: Any) -> tuple[str, object]:
    return "android-key", android_key(scene, **parts)


ANDROID_KEY = Group(
    name=f"{RESPONSE}A",
    about="`android-key`",
    under=DIRECT,
    items=(
        Item("P-1", "A right one", creating(statement=in_line(key_store))),
        *failures(
            creating,
            (
                "The certificate is about another hash of the client data",
                UNVERIFIED,
                {"statement": lambda scene: key_store(scene, description=key_description(challenge=bytes(32)))},
            ),
            (
                "The certificate is for another key",
                UNVERIFIED,
                {"statement": lambda scene: key_store(scene, key=generate_key(ES256))},
            ),
            ("The certificates are in a wrong order", UNVERIFIED, {"statement": in_line(key_store, turned=True)}),
        ),
    ),
)

DEPRECATED = (
    "`android-safetynet`: deprecated in Level 3, and about to be removed; who signed it ended in January 2025"
    " ([0012](decisions/0012-python-fido2-for-the-cryptography-of-webauthn.md#what-is-not-understood)). Under `direct`"
    " it is refused in step 7.1.21."
)

SAFETYNET = Group(
    name=f"{RESPONSE}B",
    about="`android-safetynet`",
    under=DIRECT,
    items=tuple(
        Item(name, asks, None, "", DEPRECATED)
        for name, asks in (
            ("P-1", "A right one"),
            ("F-1", "`ver` is empty"),
            ("F-2", "`response` is empty"),
            ("F-3", "`nonce` is not about what is attested"),
            ("F-4", "`x5c` is empty"),
            ("F-5", "`ctsProfileMatch` is false"),
            ("F-6", "`timestampMs` is in the future"),
            ("F-7", "`timestampMs` is more than a minute ago"),
        )
    ),
)

GROUPS = (ALGORITHMS, BASIC, SELF, NONE, U2F, TPM, ANDROID_KEY, SAFETYNET)
