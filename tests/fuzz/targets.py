"""What strangers and files may say, each read by the code that reads it: anything but a documented error is a crash.

A target takes bytes, and asks more of what comes out than that it came: what is read is read again as the same, and
nothing is believed that a second look does not find. Coverage-guided by ``make fuzz``; ``test_corpora.py`` has the
corpora once more, and ``test_parsers.py`` asks the same by Hypothesis, which knows what such values look like.
"""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from functools import cache
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

import attrs
import pyotp
from django.core.signing import BadSignature
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.test import APIRequestFactory
from rest_framework_simplejwt.tokens import AccessToken

from mfa.adapters import cookies, links
from mfa.adapters.activity import CURSOR, cursor_to, place_of
from mfa.adapters.django.clients import RequestClientAddress
from mfa.adapters.importing.csv import CsvSource
from mfa.adapters.parsers import FormParser, JSONParser, MultiPartParser
from mfa.adapters.senders.email_address import DjangoEmailAddressing
from mfa.adapters.senders.phone_number import PhonenumbersAddressing
from mfa.adapters.tokens.jwt import FAMILY, JwtTokenProvider
from mfa.adapters.webauthn import cbor, keys
from mfa.adapters.webauthn.blobs import FidoMetadata
from mfa.application.ports.importing import Failed, SourcePlace, SourceUnreadable
from mfa.application.ports.metadata import MetadataUnavailable
from mfa.application.ports.webauthn import Unreadable
from mfa.config import Config
from mfa.containers.memory import MemoryContainer
from mfa.domain.errors import InvalidField, MalformedValue
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.methods.adoption import Arrival, NotAdopted
from mfa.domain.methods.base import MAX_VALUE_BYTES, Attempt, Enrolment, Method, normalised
from mfa.domain.methods.one_time_password import Parameters, authenticator_url
from mfa.domain.methods.out_of_band import Addressing
from mfa.domain.methods.webauthn import AssertionResponse, AttestationResponse, CeremonyRefused
from mfa.domain.trusts import Trust, digest_of
from mfa.domain.verdicts import Accepted, Rejected
from mfa.testing import authenticator
from tests.unit.adapters.webauthn.vectors import HANDLE, VECTORS, Vector
from tests.unit.domain import samples

NOW = samples.NOW
CONTAINER = MemoryContainer()
METHODS: tuple[Method, ...] = tuple(CONTAINER.methods())
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SCRATCH = Path(mkdtemp(prefix="drf-mfa-fuzz-")) / "file"


@attrs.frozen
class Target:
    """``run`` raises what is a crash; ``seeds`` are where a run begins, and ``words`` what it may put anywhere."""

    run: Callable[[bytes], object]
    seeds: Iterable[bytes] = ()
    words: Iterable[str] = ()


def text_of(data: bytes) -> str:
    """Any bytes are a text, with lone surrogates for what is no UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def json_of(data: bytes) -> Any:  # noqa: ANN401 - whatever JSON has
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


# What people type


def typed_value(value: object) -> None:
    """The normal form has a normal form, which is itself; only what is too long has none."""
    try:
        read = normalised(value)
    except MalformedValue:
        assert len(str(value).encode("utf-8", "surrogatepass")) > MAX_VALUE_BYTES
    else:
        again = normalised(read)
        assert again is read or again == read
        assert not isinstance(read, str) or (read.encode(), re.search("[ -]", read)) == (read.encode(), None)


@cache
def enrolled(name: str) -> tuple[bytes, bytes | None]:
    """The state of a device, and of a challenge that is out."""
    method = next(each for each in METHODS if each.name == name)
    fields = {"address": "ann@example.com", "number": "+31612345678"}
    state = method.register(Enrolment(user_name="ann", user_email="ann@example.com", fields=fields, now=NOW)).state
    return state, method.dispatch(state, NOW, {}).sent if method.limits else None


def judged(method: Method, value: object) -> None:
    """A method judges any value, sent or not; only what is no text is malformed."""
    state, sent = enrolled(method.name)
    for attempt in (Attempt(state=state, sent=sent, value=value, now=NOW), Attempt(state=state, value=value, now=NOW)):
        try:
            verdict = method.verify(attempt)
        except MalformedValue:
            assert not isinstance(value, str) or len(value) > MAX_VALUE_BYTES // 4
        else:
            assert isinstance(verdict, Accepted | Rejected)


def _typed(data: bytes) -> None:
    value = text_of(data)
    typed_value(value)
    for method in METHODS:
        judged(method, value)


def read_again(addressing: Addressing, text: str, problems: set[str]) -> str | None:
    """Read an address; what comes out reads as itself, and its mask gives away less."""
    try:
        address = addressing.read(text, "field")
    except InvalidField as error:
        if (error.field, error.problem in problems) != ("field", True):
            raise
        return None
    assert addressing.read(address.full, "field") == address
    assert address.masked != address.full
    return address.full


def mail_address(text: str) -> None:
    full = read_again(DjangoEmailAddressing(), text, {"required", "invalid_email"})
    assert full is None or (full.isprintable(), full.count("@"), len(full) <= 254) == (True, 1, True)


def phone_number(region: str | None, text: str) -> None:
    full = read_again(PhonenumbersAddressing(region), text, {"required", "invalid_phone_number"})
    assert full is None or re.fullmatch(r"\+[1-9][0-9]{3,16}", full)


def _address(data: bytes) -> None:
    mail_address(text_of(data))
    for region in (None, "NL", "US"):
        phone_number(region, text_of(data))


# What clients send


def parse_parts(stream: BytesIO) -> object:
    request = APIRequestFactory().post("/")
    request.META["CONTENT_LENGTH"] = str(len(stream.getvalue()))
    return MultiPartParser().parse(stream, "multipart/form-data; boundary=x", {"request": request})


PARSERS: dict[str, Callable[[BytesIO], Any]] = {
    "json": lambda stream: JSONParser().parse(stream),
    "form": lambda stream: FormParser().parse(stream),
    "parts": parse_parts,
}


def parsed_body(kind: str, stream: BytesIO) -> None:
    """What is parsed is JSON again, or a form."""
    try:
        parsed = PARSERS[kind](stream)
    except ParseError:
        return
    match kind:
        case "json":
            assert json.loads(json.dumps(parsed)) == parsed
        case "form":
            assert isinstance(parsed, QueryDict)
        case _:
            assert isinstance(parsed.data, QueryDict)


def _body(data: bytes) -> None:
    for kind in PARSERS:
        parsed_body(kind, BytesIO(data))


KEPT = "A-token-that-a-browser-keeps"
REMEMBERING = samples.account(
    trusts=(Trust(digest=digest_of(KEPT), index=0, login="", created_at=NOW, expires_at=NOW + timedelta(days=1)),)
)


def _cookie(data: bytes) -> None:
    """Only the very token is remembered, whatever stands around it."""
    request = HttpRequest()
    request.META["HTTP_COOKIE"] = data.decode("latin-1")
    kept = cookies.kept(request, "mfa_trust")
    if kept is not None:
        assert (REMEMBERING.trust_of(kept, NOW) is not None) == (kept == KEPT)


BEARER = Token(id=TokenId("a token"), user_id=UserId("7"))
STRANGER = Token(id=TokenId("another token"), user_id=UserId("8"))


def _cursor(data: bytes) -> None:
    """A cursor is what was given to this user, to the letter."""
    cursor = QueryDict(data, encoding="utf-8").get(CURSOR)
    try:
        place = place_of(BEARER, cursor)
    except BadSignature:
        return
    assert not place or [cursor] == [cursor_to(BEARER, *each) for each in place.items()]


LINK = links.made(BEARER.user_id, CONTAINER.entropy(), NOW)


def _link(data: bytes) -> None:
    """A link is what the site has made."""
    token = data.decode("utf-8", "replace")  # as a path is read
    try:
        link = links.read(token, NOW)
    except (BadSignature, links.LinkExpired):
        assert token != LINK
    else:
        assert (link.user_id, token.count(":")) == (BEARER.user_id, 2)


def _client(data: bytes) -> None:
    """Where somebody comes from is an address in its one form, or nowhere."""
    said, _, agent = data.decode("latin-1").partition("\n")
    for proxies in (0, 1, 2):
        meta = {"HTTP_X_FORWARDED_FOR": said, "REMOTE_ADDR": said, "HTTP_USER_AGENT": agent}
        client = RequestClientAddress(trusted_proxies=proxies).client_of(SimpleNamespace(META=meta))
        assert client.address is None or str(ip_address(client.address)) == client.address
        assert client.user_agent.isprintable()


CLAIMS = {
    FAMILY: "family", "user_id": "7", "iat": 1, "mfa_begun": 1.5, "mfa": [["totp", 5, 0]], "mfa_required": 1,
    "mfa_enrolled": True, "mfa_deadline": 9, "amr": ["pwd"],
}  # fmt: skip
PROVIDER = JwtTokenProvider(Config(jwt_gate="claims"))


def _claims(data: bytes) -> None:
    """Whatever claims a token has that the site has signed, it is known or it is not; nothing is read into it."""
    claims = json_of(data)
    if not isinstance(claims, dict):
        return
    auth = AccessToken()
    auth.payload = claims
    request = SimpleNamespace(auth=auth, user=SimpleNamespace(pk=claims.get("user_id")))
    token, recorded = PROVIDER.token_of(request), PROVIDER.recorded(request)
    if token is not None:
        assert isinstance(claims[FAMILY], str)
        assert token.user_id == str(claims["user_id"])
    if recorded is not None:
        assert recorded.enrolled is claims["mfa_enrolled"]
        assert [each.index for each in recorded.verifications] == [index for _, _, index in claims["mfa"]]


# What authenticators and browsers make

VECTOR = next(each for each in VECTORS if each.format == "packed")
CREDENTIAL = VECTOR.register(VECTOR.creation)


def _cbor(data: bytes) -> None:
    """An item has one writing but for the order of maps, and is measured as it is read."""
    try:
        item = cbor.read(data)
    except Unreadable:
        return
    assert cbor.measure(data + b"\0") == len(data)
    written = authenticator.cbor(item)
    assert len(written) == len(data)
    assert cbor.read(written) == item


def _key(data: bytes) -> None:
    """A key can be loaded and check a signature, or it is none."""
    try:
        keys.load(data)
    except Unreadable:
        return
    assert VECTOR.site.cryptography.signed(data, b"message", b"signature") is False


def _client_data(data: bytes) -> None:
    """What the browser says is for this challenge and of this site, by its own words."""
    response = attrs.evolve(AttestationResponse.read(VECTOR.creation), client_data=data)
    site, challenge = attrs.evolve(VECTOR.site, attestation="none"), VECTOR.octets("registration", "challenge")
    try:
        site.register(response, challenge=challenge, user_handle=HANDLE, now=NOW)
    except CeremonyRefused:
        return
    said = json.loads(data.decode("utf-8-sig"))
    assert (said["type"], said["challenge"]) == ("webauthn.create", authenticator.b64encode(challenge))
    assert said["origin"] in site.origins


def _attestation(data: bytes) -> None:
    """What is believed is of the example's key; all but ``fido-u2f`` (section 8.6) sign the rest, too."""
    for vector in ATTESTED:
        response = attrs.evolve(AttestationResponse.read(vector.creation), attestation_object=data)
        challenge = vector.octets("registration", "challenge")
        try:
            made = vector.site.register(response, challenge=challenge, user_handle=HANDLE, now=NOW)
        except CeremonyRefused:
            continue
        own = vector.register(vector.creation)
        if vector.attested:
            assert (made.id, made.public_key) == (own.id, own.public_key)
            assert vector.format == "fido-u2f" or made == own


def _authenticator_data(data: bytes) -> None:
    """Nobody but the authenticator has signed."""
    response = attrs.evolve(AssertionResponse.read(VECTOR.request), authenticator_data=data)
    challenge = VECTOR.octets("authentication", "challenge")
    try:
        VECTOR.site.authenticate(response, challenge=challenge, credentials=[CREDENTIAL], user_handle=HANDLE)
    except CeremonyRefused:
        return
    assert data == VECTOR.octets("authentication", "authenticatorData")


def _credential(data: bytes) -> None:
    """Whatever JSON a browser gives back, it is a response or it is malformed; none passes that was not signed."""
    value = json_of(data)
    with suppress(CeremonyRefused, MalformedValue):
        VECTOR.register(value)
    try:
        VECTOR.authenticate(value, CREDENTIAL)
    except (CeremonyRefused, MalformedValue):
        return
    read, own = AssertionResponse.read(value), AssertionResponse.read(VECTOR.request)
    assert (read.client_data, read.authenticator_data, read.signature) == (
        own.client_data,
        own.authenticator_data,
        own.signature,
    )


def response_of(vector: Vector) -> bytes:
    return vector.octets("registration", "attestationObject")


ATTESTED = [next(each for each in VECTORS if each.format == name) for name in dict.fromkeys(v.format for v in VECTORS)]


# What operators bring


def _csv(data: bytes) -> None:
    """A file is read or it is not; a row comes or it does not, and what has come judges values."""
    SCRATCH.write_bytes(data)
    try:
        users = list(CsvSource(SourcePlace(file=str(SCRATCH))).users(None))
    except SourceUnreadable:
        return
    known = {method.name: method for method in METHODS}
    for row in (row for user in users for row in user.rows):
        if isinstance(row.found, Failed) or row.method not in known:
            continue
        try:
            adopted = known[row.method].adopt(Arrival(found=row.found, row=row.row, now=NOW))
        except NotAdopted:
            continue
        assert adopted.identity
        known[row.method].verify(Attempt(state=adopted.state, value="000000", now=NOW))


def _metadata(data: bytes) -> None:
    """Metadata of authenticators are read, or said to be none; what is read can be asked."""
    SCRATCH.write_bytes(data)
    metadata = FidoMetadata(None, (), package=SCRATCH)
    try:
        metadata.edition()
        model = metadata.model_of(authenticator.AAGUID, ())
    except MetadataUnavailable:
        return
    if model is not None:
        model.harmful((), NOW.date())


# What apps are shown


def _otpauth(data: bytes) -> None:
    """An app reads back who issued it, for whom, and the same seed."""
    text = data.decode("utf-8", "replace")
    issuer, _, user_name = text.partition("\n")
    if not issuer or not user_name:
        return
    parameters = Parameters(digits=6, algorithm="sha1", tolerance=1, period=30)
    url = authenticator_url(secret=SECRET, user_name=user_name, issuer=issuer, parameters=parameters)
    assert url.isascii()
    assert url.isprintable()
    label = url.removeprefix("otpauth://totp/").partition("?")[0]
    assert [unquote(part) for part in label.split(":")] == [issuer.replace(":", "-"), user_name.replace(":", "-")]
    read = cast("pyotp.TOTP", pyotp.parse_uri(url))
    assert (read.secret, read.digits, read.interval) == (SECRET, 6, 30)
    assert (read.issuer, read.name) == (issuer.replace(":", "-"), user_name.replace(":", "-"))


def _json(*values: object) -> list[bytes]:
    return [json.dumps(value).encode() for value in values]


TARGETS = {
    "typed": Target(_typed, [b"123456", b" 123-456\xe2\x80\x8b", "١٢٣٤٥٦".encode(), b"abcde-fghij", b"\xff"]),
    "address": Target(_address, [b"ann@example.com", b'"a b"@example.com', b"+31 6 1234 5678", b"06-12345678"]),
    "body": Target(
        _body,
        [b'{"value": "1"}', b"value=1&trust=on", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--'],
        ["Content-Transfer-Encoding: base64", "; filename*=utf-8''%ff", "NaN", "1e999", "\\ud800"],
    ),
    "cookie": Target(_cookie, [f"a=b; mfa_trust={KEPT}; c".encode(), b'mfa_trust="\\101"'], ["mfa_trust="]),
    "cursor": Target(_cursor, [f"cursor={cursor_to(who, 'before', 7)}".encode() for who in (BEARER, STRANGER)]),
    "link": Target(_link, [LINK.encode(), LINK.swapcase().encode()]),
    "client": Target(
        _client,
        [b"192.0.2.1, 198.51.100.7:80\nMozilla", b"[2001:db8::1%eth0]:443", b"::ffff:192.0.2.1"],
        ["::", "%", "]:"],
    ),
    "claims": Target(_claims, _json(CLAIMS), [*CLAIMS, "1e999", "NaN", "Infinity", "-1", "true", "null"]),
    "cbor": Target(
        _cbor,
        [response_of(VECTOR), *map(authenticator.cbor, ([], {}, {1: [b"", "a", None, True, -1]}, 1 << 40))],
    ),
    "key": Target(_key, [CREDENTIAL.public_key, *(each.register(each.creation).public_key for each in ATTESTED)]),
    "client-data": Target(
        _client_data,
        [VECTOR.octets("registration", "clientDataJSON")],
        ["type", "challenge", "origin", "crossOrigin", "topOrigin", "\ufeff", "true", "null"],
    ),
    "attestation": Target(_attestation, map(response_of, VECTORS), ["fmt", "attStmt", "authData", "x5c", "sig", "alg"]),
    "authenticator-data": Target(
        _authenticator_data, [each.octets("authentication", "authenticatorData") for each in ATTESTED]
    ),
    "credential": Target(
        _credential,
        _json(VECTOR.creation, VECTOR.request),
        ["id", "type", "public-key", "response", "transports", "userHandle", "signature", "null", "[]"],
    ),
    "csv": Target(
        _csv,
        [
            b"user,method,secret,digits,period,algorithm,counter,name\nann,totp,JBSWY3DPEHPK3PXP,6,30,sha1,,App\n",
            b"7;hotp;JBSW Y3DP EHPK 3PXP;8;;SHA-256;5;Key\n",
            b'\xef\xbb\xbf7,recovery,"abcde-fghij"\n7,email,ann@example.com\n7,sms,+31612345678\n',
        ],
        ["totp", "hotp", "recovery", "email", "sms", "sha512", "99999999999999999999", '"', ";"],
    ),
    "metadata": Target(
        _metadata,
        _json(
            {
                "no": 1, "nextUpdate": "2026-02-01", "entries": [{
                    "aaguid": "6d666174-6573-7400-0000-0000000000aa",
                    "metadataStatement": {"description": "Key", "attestationRootCertificates": ["AAAA"]},
                    "statusReports": [{"status": "REVOKED", "effectiveDate": "2026-01-01", "certificate": "AAAA"}],
                }],
            }
        ),
        ["1e999", "Infinity", "NaN", "null", "[]", "{}", "attestationCertificateKeyIdentifiers"],
    ),
    "otpauth": Target(_otpauth, [b"Example\nann", "Zo\xeb: 100%\nann:b@example.com/?#".encode()], [":", "%3A", "/"]),
}  # fmt: skip
"""By the words that ``make fuzz`` takes."""
