"""What registrations and assertions are asked alike: structure, and client data."""

from mfa.domain.verdicts import Reason
from tests.integration.conformance.ledger import Row, malformed, refused
from tests.integration.conformance.site import ACCEPTED, NOT_BASE64, drop, put
from tests.integration.drf.keys import ORIGIN

STRUCTURE: list[Row] = [
    ("No `id`", malformed("id"), {"value": drop("id")}),
    ("`id` is no text", malformed("id"), {"value": put("id", 7)}),
    ("`id` is not base64url", malformed("id"), {"value": put("id", NOT_BASE64)}),
    ("No `type`", malformed("type"), {"value": drop("type")}),
    ("`type` is no text", malformed("type"), {"value": put("type", [])}),
    ("`type` is another one", malformed("type"), {"value": put("type", "password")}),
    ("No `response`", malformed("response"), {"value": drop("response")}),
    ("`response` is no object", malformed("response"), {"value": put("response", "text")}),
]


def part(name: str, empty: str, *, encoded: bool = False) -> list[Row]:
    """A part of the response that is missing, no text, perhaps not base64url, or empty, which is refused as bytes."""
    place = f"response.{name}"
    rows: list[Row] = [
        (f"No `{name}`", malformed(place), {"value": drop(place)}),
        (f"`{name}` is no text", malformed(place), {"value": put(place, {})}),
        (f"`{name}` is not base64url", malformed(place), {"value": put(place, NOT_BASE64)}),
        (f"`{name}` is empty", empty, {"value": put(place, "")}),
    ]
    return rows if encoded else [rows[0], rows[1], rows[3]]


RESERVED = (
    "`tokenBinding`: Level 3 reserves the member and no step looks at it (section 5.8.1). What is not known is passed"
    " over."
)


def client_data(json: str, type_: str, challenge: str, origin: str, *, own: str, other: str) -> list[Row]:
    """By the steps that read it and compare each member; of the types one is its own, and one the other ceremony's."""
    malformed = refused(json, Reason.MALFORMED)
    another_type = refused(type_, Reason.TYPE)
    another_challenge = refused(challenge, Reason.CHALLENGE)
    another_origin = refused(origin, Reason.ORIGIN)
    return [
        ("No `type`", another_type, {"client": drop("type")}),
        ("`type` is no text", malformed, {"client": put("type", {})}),
        ("`type` is empty", another_type, {"client": put("type", "")}),
        (f"`type` is not `{own}`", another_type, {"client": put("type", own.upper())}),
        (f"`type` is `{other}`", another_type, {"client": put("type", other)}),
        ("No `challenge`", another_challenge, {"client": drop("challenge")}),
        ("`challenge` is no text", malformed, {"client": put("challenge", 7)}),
        ("`challenge` is empty", another_challenge, {"client": put("challenge", "")}),
        ("`challenge` is not base64url", another_challenge, {"client": put("challenge", NOT_BASE64)}),
        ("`challenge` is not that of the options", another_challenge, {"challenge": bytes(32)}),
        ("No `origin`", another_origin, {"client": drop("origin")}),
        ("`origin` is no text", malformed, {"client": put("origin", [ORIGIN])}),
        ("`origin` is empty", another_origin, {"client": put("origin", "")}),
        ("`origin` is another site's", another_origin, {"origin": "https://example.net"}),
        ("`tokenBinding` is no object", ACCEPTED, {"client": put("tokenBinding", "supported")}, RESERVED),
        ("`tokenBinding` has no `status`", ACCEPTED, {"client": put("tokenBinding", {})}, RESERVED),
        (
            "`tokenBinding` has a `status` that there is not",
            ACCEPTED,
            {"client": put("tokenBinding", {"status": "unheard of"})},
            RESERVED,
        ),
    ]
