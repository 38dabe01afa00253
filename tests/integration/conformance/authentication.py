"""Options to use a credential, and assertions: groups Req-1 and Resp-1 to Resp-3."""

from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import b64decode, b64encode, cbor
from tests.integration.conformance.ledger import DISCOURAGED, REQUIRED, Group, Item, failures, refused
from tests.integration.conformance.shared import STRUCTURE, client_data, part
from tests.integration.conformance.site import ACCEPTED, Site, answered, asserting, enrolled, only, put
from tests.integration.drf.keys import ORIGIN, dispatched

RESPONSE = "Server-ServerAuthenticatorAssertionResponse-Resp-"

UNREADABLE = refused("7.2.7", Reason.MALFORMED)
UNSIGNED = refused("7.2.21", Reason.SIGNATURE)
ABSENT = refused("7.2.16", Reason.USER_PRESENCE)

PRESENCE = "Without UP, Level 3 refuses an assertion in step 7.2.16, whatever is asked of user verification."


def request_options(site: Site) -> str:
    index, key = enrolled(site)
    options = dispatched(site.ann, index, again=True)
    assert len(b64decode(options["challenge"])) >= 16
    assert options["timeout"] > 0
    assert ORIGIN.endswith(options["rpId"])
    [allowed] = options["allowCredentials"]
    assert (allowed["type"], allowed["id"]) == ("public-key", b64encode(only(key).id))
    assert options["userVerification"] == "required"
    return ACCEPTED


def another_challenge(site: Site) -> str:
    index, _ = enrolled(site)
    one, other = (dispatched(site.ann, index, again=True)["challenge"] for _ in range(2))
    assert one != other
    return ACCEPTED


REQUEST_OPTIONS = Group(
    name="Server-ServerPublicKeyCredentialGetOptionsResponse-Req-1",
    about="Options to use a credential",
    items=(
        Item(
            "P-1",
            "Challenge, time-out, RP ID, the one credential and user verification are there, as they should be",
            request_options,
            under=REQUIRED,
        ),
        Item("P-2", "Two sets of options have two challenges", another_challenge),
    ),
)


def no_handle(site: Site) -> str:
    """The same credential twice: verifying a user who is known, and logging in one who is not."""
    index, key = enrolled(site)
    begun = site.ann.post("passkey/options/").json()
    value = answered(key, begun["options"])
    value["response"]["userHandle"] = 7
    login = site.ann.post("passkey/", {"state": begun["state"], "value": value})
    assert site.outcome(login) == refused("7.2.6", Reason.USER_HANDLE)
    value = answered(key, dispatched(site.ann, index, again=True))
    value["response"]["userHandle"] = 7
    return site.outcome(site.ann.verify(index, value))


STRUCTURE_OF_IT = Group(
    name=f"{RESPONSE}1",
    about="The structure of an assertion",
    items=(
        Item("P-1", "A right assertion", asserting()),
        *failures(
            asserting,
            *STRUCTURE,
            *part("clientDataJSON", refused("7.2.9", Reason.MALFORMED)),
            *part("authenticatorData", UNREADABLE, encoded=True),
            *part("signature", UNSIGNED, encoded=True),
            (
                "`signature` is wrong",
                UNSIGNED,
                {"value": put("response.signature", b64encode(b"no signature of anything"))},
            ),
        ),
        Item(
            "F-21",
            "`userHandle` is no text",
            no_handle,
            ACCEPTED,
            "`userHandle`: where the user is known, it is a hint. A login by passkey refuses this in step 7.2.6.",
            under={"PASSKEY_LOGIN": True},
        ),
    ),
)

CLIENT_DATA = Group(
    name=f"{RESPONSE}2",
    about="The client data of an assertion",
    items=(
        *failures(
            asserting,
            *client_data("7.2.9", "7.2.10", "7.2.11", "7.2.12", own="webauthn.get", other="webauthn.create"),
        ),
    ),
)

AUTHENTICATOR_DATA = Group(
    name=f"{RESPONSE}3",
    about="The authenticator data of an assertion",
    items=(
        Item("P-1", "An authenticator that never counts", asserting(before={"sign_count": 0}, sign_count=0)),
        Item("P-2", "UV is set where user verification is required", asserting(), under=REQUIRED),
        Item("P-3", "UP and UV are set where user verification is required", asserting(), under=REQUIRED),
        Item(
            "P-4",
            "Neither UP nor UV is set where user verification is preferred",
            asserting(user_present=False, user_verified=False),
            ABSENT,
            PRESENCE,
        ),
        Item(
            "P-5", "UP is set where user verification is discouraged", asserting(user_verified=False), under=DISCOURAGED
        ),
        Item("P-6", "UV is set where user verification is discouraged", asserting(), under=DISCOURAGED),
        Item(
            "P-7",
            "Neither UP nor UV is set where user verification is discouraged",
            asserting(user_present=False, user_verified=False),
            ABSENT,
            PRESENCE,
            under=DISCOURAGED,
        ),
        Item(
            "P-8",
            "Extensions are there, with the flag for them",
            asserting(extensions=cbor({"example.extension": "yes"})),
        ),
        *failures(
            asserting,
            ("Bytes are left over", UNREADABLE, {"data": lambda data: data + b"left over"}),
            ("The hash is that of another RP ID", refused("7.2.15", Reason.RP_ID), {"rp_id": "example.net"}),
            ("Signed with another hash of the client data", UNSIGNED, {"hashed": lambda digest: digest[::-1]}),
            ("The count does not rise", refused("7.2.22", Reason.SIGN_COUNT), {"sign_count": 1}),
        ),
        Item(
            "F-5",
            "Only UP is set where user verification is required",
            asserting(user_verified=False),
            refused("7.2.17", Reason.USER_VERIFICATION),
            under=REQUIRED,
        ),
        Item("P-3", "Only UP is set where user verification is preferred", asserting(user_verified=False), later=True),
        Item("P-4", "UV is set where user verification is preferred", asserting(), later=True),
    ),
)

GROUPS = (REQUEST_OPTIONS, STRUCTURE_OF_IT, CLIENT_DATA, AUTHENTICATOR_DATA)
