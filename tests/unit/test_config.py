"""Every setting has its rule, every rule is tried once, and whatever is wrong is told without being used."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa import config as rules
from mfa.config import CLASHES, LONGEST, Config, Problem, Rule, integer, named, one_of, optional, read
from mfa.domain.methods.metadata import AdmittedModels
from mfa.domain.policies import Requirement

KEY = bytes(range(32))
OTHER_KEY = b"\xfb\xff" * 16
WRITTEN = base64.urlsafe_b64encode(KEY).decode()
OTHER_WRITTEN = base64.urlsafe_b64encode(OTHER_KEY).decode()
HASH = "gx7sq_pxhxhrIQdLyfG0pxKwiJ7hOk2DJQ4xvKd438Q"
UUID = "0b7c2f0e-1111-4222-8333-444455556666"
AAGUID = bytes.fromhex(UUID.replace("-", ""))

FIELDS: dict[str, Rule] = {field.name.upper(): field.metadata["rule"] for field in attrs.fields(Config)}

OF_NUMBERS = {
    **dict.fromkeys(["TOTP_DIGITS", "HOTP_DIGITS", "EMAIL_CODE_DIGITS", "SMS_CODE_DIGITS"], integer(1, 10)),
    **dict.fromkeys(["TOTP_TOLERANCE", "HOTP_TOLERANCE"], integer(0, 100)),
    **dict.fromkeys(["REQUIRED_VERIFICATIONS", "VERIFICATION_THROTTLE_TRYOUTS", "MAX_FAILURES"], integer(1)),
    **dict.fromkeys(["TOTP_PERIOD", "EMAIL_HOURLY_LIMIT", "SMS_HOURLY_LIMIT"], integer(1)),
    "MAX_DEVICES_PER_METHOD": rules.NUMBERS,
    "RECOVERY_CODES": integer(1, 100),
    "TRUSTED_PROXIES": integer(0, 100),
}
OF_NAMES = {
    "METHODS": rules.METHODS,
    "TOKEN_PROVIDER": rules.PROVIDERS,
    "VERIFICATION_POLICY": rules.POLICY,
    "VERIFICATION_THROTTLE": named("recursive", "simple"),
    "STEP_UP_STATUS": one_of(401, 403),
    "JWT_GATE": one_of("database", "claims"),
    "AUDIT": one_of("changes", "all", "off"),
    **dict.fromkeys(["TOTP_ALGORITHM", "HOTP_ALGORITHM"], one_of("sha1", "sha256", "sha512")),
    "WEBAUTHN_USER_VERIFICATION": one_of("required", "preferred", "discouraged"),
    "WEBAUTHN_ATTESTATION": one_of("none", "direct"),
    "WEBAUTHN_ALGORITHMS": rules.SIGNATURES,
    "WEBAUTHN_HINTS": rules.HINTED,
    "WEBAUTHN_MODELS": optional(rules.MODELS),
    "WEBAUTHN_ATTACHMENT": optional(one_of("platform", "cross-platform")),
    **dict.fromkeys(["WEBAUTHN_SIGN_COUNT", "WEBAUTHN_BACKUP_CHANGE"], one_of("refuse", "report")),
    "POLICY_GROUPS": rules.GROUPS,
    "REQUIREMENTS": rules.REQUIREMENTS,
    "ADAPTERS": rules.ADAPTERS,
}
OF_TIME = {
    **dict.fromkeys(["VERIFICATION_LIFETIME", "TRUST_LIFETIME"], optional(rules.DURATION)),
    **dict.fromkeys(["VERIFICATION_THROTTLE_TIMEOUT", "FAILURE_MEMORY", "CHANGE_MAX_AGE"], rules.DURATION),
    **dict.fromkeys(["EMAIL_CODE_LIFETIME", "EMAIL_RESEND_INTERVAL", "SMS_CODE_LIFETIME"], rules.DURATION),
    **dict.fromkeys(["SMS_RESEND_INTERVAL", "REGISTRATION_LIFETIME", "AUDIT_RETENTION"], rules.DURATION),
    "REGISTRATION_DEADLINE": optional(rules.DEADLINE),
}
OF_TEXT = {
    **dict.fromkeys(["TOTP_ISSUER", "HOTP_ISSUER", "WEBAUTHN_RP_NAME"], rules.TEXT),
    "SMS_DEFAULT_REGION": optional(rules.TEXT),
    "WEBAUTHN_METADATA": optional(rules.METADATA),
    **dict.fromkeys(["WEBAUTHN_METADATA_ROOTS", "WEBAUTHN_TRUST_ROOTS"], optional(rules.FILE)),
    "WEBAUTHN_METADATA_FILE": optional(rules.FILE),
    **dict.fromkeys(["EMAIL_SENDER", "SMS_SENDER", "CONTAINER"], optional(rules.PATH)),
    **dict.fromkeys(["WEBAUTHN_ORIGINS", "WEBAUTHN_TOP_ORIGINS"], rules.ORIGINS),
    "WEBAUTHN_RELATED_ORIGINS": rules.RELATED,
    "WEBAUTHN_RP_ID": optional(rules.DOMAIN),
    **dict.fromkeys(["PASSKEY_ENROLL_URL", "PASSKEY_MANAGE_URL"], optional(rules.ADDRESS)),
    "NOTIFY_URL": optional(rules.SITE),
    "VERIFY_URL": optional(rules.PLACE),
    "TRUST_COOKIE": optional(rules.COOKIE),
    "ENCRYPTION_KEYS": optional(rules.KEYS),
}
OF_WHETHER = dict.fromkeys(["HOTP_RESYNCHRONISE", "PASSKEY_LOGIN", "ENFORCE_RFC_GUIDANCE", "NOTIFY"], rules.BOOLEAN)

NO_TEXT: list[object] = [None, 1, True, b"text", ["text"], {}]
FILES: list[tuple[object, object]] = [("/etc/roots", "/etc/roots"), (Path("/etc/roots"), "/etc/roots")]
NO_PATH: list[object] = [*NO_TEXT, "", "Thing", ".Thing", "acme.", "acme..Thing", "acme/Thing", "acme.T()", "acme.T\n"]
NO_DURATION: list[object] = [
    *(None, 30, 0.5, True, b"30s", "", "30", "s", "0s", "00m", "0d0h", "-1s", "+1s", "1.5h", "1 h", " 1h", "1h 30m"),
    *("1H", "1w", "30m1h", "1h1h", "1h30", "1h\n", "\N{ARABIC-INDIC DIGIT THREE}s", "3651d", "3650d1s", "9" * 30 + "s"),
    *(timedelta(0), timedelta(seconds=-1), timedelta(days=3650, microseconds=1)),
]

EXAMPLES: dict[Rule, tuple[list[tuple[object, object]], list[object]]] = {
    rules.BOOLEAN: ([(True, True), (False, False)], [None, 0, 1, "True"]),
    rules.TEXT: ([("", ""), ("Acme & more", "Acme & more")], NO_TEXT),
    rules.PATH: ([("acme.Thing", "acme.Thing"), ("acme.a_b.C3", "acme.a_b.C3")], NO_PATH),
    integer(1): ([(1, 1), (10**9, 10**9)], [None, "6", 6.0, True, [6], 0, -1, float("nan"), float("inf")]),
    integer(0, 100): ([(0, 0), (100, 100)], [None, "6", 6.0, False, -1, 101]),
    one_of(401, 403): ([(403, 403), (401, 401)], [None, "403", True, 400, 403.0, [403]]),
    one_of("none", "direct"): ([("direct", "direct")], [None, "", "None", "indirect", True, ["none"], {}]),
    named("recursive", "simple"): ([("simple", "simple"), ("acme.T", "acme.T")], [*NO_PATH, "Simple"]),
    optional(rules.TEXT): ([(None, None), ("NL", "NL")], NO_TEXT[1:]),
    rules.FILE: (FILES, [*NO_TEXT, ""]),
    rules.METADATA: ([("fido", "fido"), *FILES], [*NO_TEXT, ""]),
    rules.METHODS: (
        [(["hotp", "acme.Voice"], ("hotp", "acme.Voice")), (("recovery", "totp"), ("recovery", "totp"))],
        [None, "totp", [], (), ["totp", "totp"], ["TOTP"], ["totp", None], {"totp"}, {"totp": 1}, [[]], ["not a path"]],
    ),
    rules.PROVIDERS: (
        [("knox", "knox"), ("acme.Tokens", "acme.Tokens"), (["acme.Tokens", "jwt"], ("acme.Tokens", "jwt"))],
        [*NO_PATH, "Knox", [], ["Knox"], ["knox", "knox"], [["knox"]], {"knox": "session"}],
    ),
    rules.POLICY: (
        [
            ("staff", "staff"),
            ("acme.Policy", "acme.Policy"),
            ("mfa.domain.policies.EnrolledUsers", "enrolled_users"),
            ("mfa.domain.policies.Groups", "groups"),
        ],
        [*NO_PATH, "Staff", "everybody"],
    ),
    rules.GROUPS: (
        [([], ()), (["bankers", "Card holders"], ("bankers", "Card holders"))],
        [None, "bankers", {"bankers"}, [""], [1], [None]],
    ),
    rules.SIGNATURES: (
        [(["ML-DSA-65", "ES256"], ("ML-DSA-65", "ES256")), (("Ed448",), ("Ed448",))],
        [None, "ES256", {"ES256": -7}, [], ["ES256", "ES256"], ["es256"], ["ES257"], [-7], [None], ["RS1"]],
    ),
    rules.MODELS: (
        [
            ("device_bound", AdmittedModels(device_bound=True)),
            ({"allow": [UUID, UUID.upper()]}, AdmittedModels(allowed=frozenset({AAGUID}))),
            ({"deny": (UUID,)}, AdmittedModels(denied=frozenset({AAGUID}))),
        ],
        [
            *(None, "synced", [UUID], {}, {"allow": [UUID], "deny": [UUID]}, {"only": [UUID]}, {"allow": UUID}),
            *({"allow": []}, {"deny": [AAGUID]}, {"deny": [f"{{{UUID}}}"]}, {"deny": [UUID.replace("-", "")]}),
        ],
    ),
    rules.REQUIREMENTS: (
        [
            ({}, {}),
            ({"two": {"verifications": 2}}, {"two": Requirement(verifications=2)}),
            (
                {"transfer": {"max_age": "1m30s", "methods": ["totp"], "phishing_resistant": True}},
                {"transfer": Requirement(max_age=timedelta(seconds=90), methods=["totp"], phishing_resistant=True)},
            ),
        ],
        [
            *(
                None,
                [],
                "transfer",
                {1: {}},
                {"": {}},
                {"a": None},
                {"a": ["totp"]},
                {"a": {1: 2}},
                {"a": {"age": "5m"}},
            ),
            *({"a": {"max_age": 5}}, {"a": {"verifications": 0}}, {"a": {"verifications": "2"}}),
            *({"a": {"methods": "totp"}}, {"a": {"methods": []}}, {"a": {"methods": [{}]}}),
        ],
    ),
    rules.ADAPTERS: (
        [({}, {}), ({"clock": "acme.Clock"}, {"clock": "acme.Clock"})],
        [None, "clock", ["clock"], {"clok": "acme.Clock"}, {1: "acme.Clock"}, {"clock": None}, {"clock": "Clock"}],
    ),
    rules.DURATION: (
        [("30s", timedelta(seconds=30)), ("1d12h", timedelta(days=1.5)), (timedelta(hours=1), timedelta(hours=1))],
        NO_DURATION,
    ),
    rules.DEADLINE: (
        [
            ("14d", timedelta(days=14)),
            ("2026-06-01T00:00:00Z", datetime(2026, 6, 1, tzinfo=UTC)),
            ("2026-06-01t02:30:00.25+02:30", datetime(2026, 6, 1, microsecond=250_000, tzinfo=UTC)),
        ],
        [
            *NO_DURATION,
            *("2026-06-01", "2026-06-01T00:00:00", "2026-06-01T00:00Z", "2026-06-31T00:00:00Z", "20260601T000000Z"),
            *("2026-06-01T24:00:01Z", "2026-06-01T00:00:00Z\n", "0001-01-01T00:00:00+01:00"),
            datetime(2026, 6, 1, tzinfo=UTC),
        ],
    ),
    rules.DOMAIN: (
        [("localhost", "localhost"), ("login.3com.xn--p1ai", "login.3com.xn--p1ai")],
        [
            *(*NO_TEXT, "", "Example.com", "https://example.com", "example.com:443", "example.com/", ".com", "a..b"),
            *("127.0.0.1", "1", "example.com\n", "ex ample.com", "\N{LATIN SMALL LETTER E WITH ACUTE}.com", "[::1]"),
        ],
    ),
    rules.ORIGINS: (
        [
            ([], ()),
            (["https://a-b.example.com:8443", "https://xn--exmple-cua.com"],) * 2,
            (["http://localhost:8000", "http://testserver", "https://localhost"],) * 2,
            ([f"android:apk-key-hash:{HASH}", f"chrome-extension://{'abcdefghijklmnop' * 2}"],) * 2,
            ([f"moz-extension://{UUID}", f"safari-web-extension://{UUID.upper()}"],) * 2,
        ],
        [
            *(None, "https://example.com", {"https://example.com"}, [None], [b"https://example.com"], [[]], [""]),
            *(
                ["*"],
                ["https://"],
                ["https://*.example.com"],
                ["https://a b"],
                ["https://example.com."],
                ["https://[::1]"],
            ),
            *(["https://example.com:x"], ["https://example.com:65536"], ["ftp://example.com"], ["file:///a"]),
            *(
                [f"android:apk-key-hash:{HASH}="],
                ["android:apk-key-hash:91:F7:CB"],
                [f"android:apk-key-hash:{HASH[:-1]}R"],
            ),
            *(["chrome-extension://abc"], [f"moz-extension://{UUID.upper()}"], ["https://example.com", "app://a"]),
        ],
    ),
    rules.RELATED: (
        [([], ()), (["https://example.co.uk", "https://example.com:8443"],) * 2],
        [
            *(None, "https://example.co.uk", [None], ["example.co.uk"], ["http://localhost"]),
            *([f"android:apk-key-hash:{HASH}"], ["https://example.co.uk/"]),
        ],
    ),
    rules.HINTED: (
        [([], ()), (["security-key", "hybrid", "client-device"],) * 2],
        [None, "hybrid", ["hybrid", "hybrid"], ["usb"], [1], {"hybrid"}],
    ),
    rules.NUMBERS: (
        [(7, 7), ({}, {}), ({"webauthn": 10, "acme": 1}, {"webauthn": 10, "acme": 1})],
        [None, "5", 0, True, {"totp": 0}, {"totp": "5"}, {"totp": True}, {1: 5}, [5]],
    ),
    rules.ADDRESS: (
        [
            ("https://example.com", "https://example.com"),
            ("https://a.example.com:8443/security/?a=b#c", "https://a.example.com:8443/security/?a=b#c"),
            ("http://localhost:8000/security/", "http://localhost:8000/security/"),
        ],
        [
            *(*NO_TEXT, "", "/", "/security/", "example.com/a", "https://", "https:///a", "https://EXAMPLE.com/"),
            *("https://u:p@example.com/", "https://example.com/a b", "https://example.com/\n", "https://a\\b/"),
            *("javascript:alert(1)", "javascript://example.com/%0aalert(1)", "//example.com/"),
        ],
    ),
    rules.PLACE: (
        [("/security/verify/", "/security/verify/"), ("mfa_pages:verify", "mfa_pages:verify")],
        [
            None,
            1,
            "",
            "security/",
            "//evil.example/",
            "/\\evil.example",
            "https://example.com/",
            "/a b",
            "/a?b",
            "/a#b",
            "/a\n",
        ],
    ),
    rules.SITE: (
        [
            ("https://example.com", "https://example.com"),
            ("https://a-b.example.com:8443/", "https://a-b.example.com:8443"),
            ("http://localhost:8000", "http://localhost:8000"),
        ],
        [
            *(*NO_TEXT, "", "/", "example.com", "https://", "https://Example.com", "https://example.com:443"),
            *("https://example.com/app", "https://example.com?", "ftp://example.com", "//example.com"),
            *(f"chrome-extension://{'abcdefghijklmnop' * 2}", "https://u:p@example.com", "https://example.com\n"),
            "javascript:alert(1)",
        ],
    ),
    rules.COOKIE: (
        [(name, name) for name in ("mfa_trust", "__Secure-trust", "a", "!#$%&'*+-.^_`|~")],
        [
            *(*NO_TEXT, "", "a b", "a;b", "a=b", "a,b", "a:b", 'a"b', "a\n", "(a)", "a/b", "a@b", "[a]", "{a}", "a\\b"),
            *("\x7f", "\N{LATIN SMALL LETTER E WITH ACUTE}", "path", "Max-Age", "HttpOnly", "__Host-trust", "__host-t"),
        ],
    ),
    rules.KEYS: (
        [([WRITTEN], (KEY,)), ((OTHER_WRITTEN.rstrip("="), WRITTEN), (OTHER_KEY, KEY))],
        [
            *(WRITTEN, [], [KEY], [None], [""], [WRITTEN, ""], [WRITTEN[:-4]], [WRITTEN + "AAAA"], [WRITTEN[:-3]], [1]),
            *(
                [f" {WRITTEN}"],
                [WRITTEN.replace("A", "\N{LATIN SMALL LETTER E WITH ACUTE}", 1)],
                ["*" * 44],
                {WRITTEN: 1},
            ),
        ],
    ),
}
"""Of every kind of rule: what is right, with what it means, and what is wrong."""


def problems(**mfa: object) -> tuple[Problem, ...]:
    return read(mfa)[1]


def config(**mfa: object) -> Config:
    read_config, found = read(mfa)
    assert not found
    return read_config


class TestTable:
    def test_the_defaults_are_those_of_the_contract(self) -> None:
        assert config() == Config(
            methods=("totp", "email", "recovery"),
            token_provider="authtoken",
            required_verifications=1,
            verification_policy="every_user",
            verification_lifetime=timedelta(days=30),
            requirements={},
            policy_groups=(),
            registration_deadline=None,
            step_up_status=403,
            trust_lifetime=None,
            trust_cookie=None,
            jwt_gate="database",
            verification_throttle="recursive",
            verification_throttle_tryouts=5,
            verification_throttle_timeout=timedelta(seconds=30),
            max_failures=100,
            failure_memory=timedelta(hours=24),
            change_max_age=timedelta(minutes=10),
            totp_digits=6,
            totp_period=30,
            totp_tolerance=1,
            totp_algorithm="sha1",
            totp_issuer="",
            hotp_digits=6,
            hotp_tolerance=3,
            hotp_algorithm="sha1",
            hotp_issuer="",
            hotp_resynchronise=False,
            email_code_digits=6,
            email_code_lifetime=timedelta(minutes=10),
            email_resend_interval=timedelta(seconds=30),
            email_hourly_limit=10,
            email_sender=None,
            sms_code_digits=6,
            sms_code_lifetime=timedelta(minutes=10),
            sms_resend_interval=timedelta(seconds=30),
            sms_hourly_limit=10,
            sms_sender=None,
            sms_default_region=None,
            webauthn_rp_id=None,
            webauthn_rp_name="",
            webauthn_origins=(),
            webauthn_top_origins=(),
            webauthn_related_origins=(),
            webauthn_user_verification="preferred",
            webauthn_algorithms=("ES256", "EdDSA", "RS256"),
            webauthn_hints=(),
            webauthn_attachment=None,
            webauthn_sign_count="refuse",
            webauthn_backup_change="refuse",
            webauthn_attestation="none",
            webauthn_metadata=None,
            webauthn_metadata_file=None,
            webauthn_metadata_roots=None,
            webauthn_models=None,
            webauthn_trust_roots=None,
            passkey_login=False,
            passkey_enroll_url=None,
            passkey_manage_url=None,
            recovery_codes=10,
            encryption_keys=None,
            enforce_rfc_guidance=True,
            max_devices_per_method=5,
            registration_lifetime=timedelta(hours=1),
            audit="changes",
            audit_retention=timedelta(days=400),
            trusted_proxies=0,
            notify=True,
            notify_url=None,
            verify_url=None,
            adapters={},
            container=None,
        )

    def test_a_config_is_a_value(self) -> None:
        assert hash(config(METHODS=["totp"])) == hash(config(METHODS=("totp",)))
        assert hash(config(MAX_DEVICES_PER_METHOD={"totp": 1})) == hash(config())
        assert config(REQUIREMENTS={"transfer": {}}) != config()
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            config().max_failures = 1  # type: ignore[misc]

    def test_every_key_has_its_rule(self) -> None:
        assert {**OF_NUMBERS, **OF_NAMES, **OF_TIME, **OF_TEXT, **OF_WHETHER} == FIELDS

    def test_every_default_is_allowed_by_its_rule(self) -> None:
        defaults = {key: getattr(Config(), key.lower()) for key in FIELDS}

        assert read({**defaults, "REQUIREMENTS": {}}) == (Config(), ())


def accepted(rule: Rule, value: object) -> bool:
    try:
        rule.read(value)
    except ValueError:
        return False
    return True


def comparable(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


class TestRules:
    @pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.words[:40])
    def test_what_is_right_is_read_and_what_is_wrong_is_refused(self, rule: Rule) -> None:
        right, wrong = EXAMPLES[rule]

        assert [comparable(rule.read(written)) for written, _ in right] == [comparable(meant) for _, meant in right]
        assert [value for value in wrong if accepted(rule, value)] == []
        assert rule.words.startswith(("a ", "an ", "one of ", "the ", "True or False"))

    def test_every_one_is_tried(self) -> None:
        """But of ``integer``, ``one_of``, ``named`` and ``optional`` only some: the rest are made alike."""
        assert {value for value in vars(rules).values() if isinstance(value, Rule)} - {*EXAMPLES} == {
            integer(1, 10),
            one_of("sha1", "sha256", "sha512"),
        }

    @given(st.timedeltas(min_value=timedelta(seconds=1), max_value=LONGEST))
    def test_units_of_a_duration_are_added_up(self, length: timedelta) -> None:
        minutes, seconds = divmod(length.seconds, 60)
        written = f"{length.days}d00{minutes // 60}h{minutes % 60}m{seconds}s"

        assert rules.DURATION.read(written) == length - timedelta(microseconds=length.microseconds)
        assert rules.DURATION.read(length) == length

    def test_the_longest_is_ten_years_in_any_unit(self) -> None:
        assert {rules.DURATION.read(text) for text in ("3650d", "87600h", "5256000m", "315360000s")} == {LONGEST}

    def test_even_the_longest_wait_of_a_throttle_ends_within_the_calendar(self) -> None:
        assert datetime(2200, 1, 1) + LONGEST * 120 < datetime.max  # noqa: DTZ001, DTZ901 - no moment, but a calendar


class TestOrigins:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("https://example.com:443", "https://example.com"),
            ("https://EXAMPLE.com/login?a#b", "https://example.com"),
            ("https://user:word@example.com:8443", "https://example.com:8443"),
            ("https://example.com:", "https://example.com"),
            ("https://ex\N{LATIN SMALL LETTER A WITH DIAERESIS}mple.com", "https://xn--exmple-cua.com"),
            ("https://exa\N{COMBINING DIAERESIS}mple.com", "https://xn--exmple-cua.com"),
            ("http://localhost-of-ours.example:80", "http://localhost-of-ours.example"),
            ("http://LOCALHOST:80", "http://localhost"),
            ("example.com", "https://example.com"),
        ],
    )
    def test_one_that_no_browser_writes_is_told_how_it_is_written(self, written: str, meant: str) -> None:
        [problem] = problems(WEBAUTHN_ORIGINS=["https://other.example", written])

        assert problem.hint == f'Write ["https://other.example", "{meant}"], as browsers write them.'
        assert problems(WEBAUTHN_ORIGINS=[meant]) == ()

    def test_names_are_counted_as_browsers_count_those_of_related_pages(self) -> None:
        hosts = (
            "example.com",
            "www.example.co.uk",
            "shop.example.de:8443",
            "example.gov.pl",
            "a.b.cars.org",
            "cars.eu",
        )

        read_config, _ = read({"WEBAUTHN_RELATED_ORIGINS": [f"https://{host}" for host in hosts]})

        assert read_config.related_labels == ["example", "cars"]


class TestReading:
    def test_what_is_wrong_is_left_at_its_default(self) -> None:
        read_config, found = read({"TOTP_DIGITS": "6", "METHODS": [], "MAX_FAILURES": 7, "NOTHING": 1})

        assert read_config == Config(max_failures=7)
        assert [problem.key for problem in found] == ["TOTP_DIGITS", "METHODS", "NOTHING"]
        assert found[0] == Problem(
            key="TOTP_DIGITS", message="MFA['TOTP_DIGITS'] cannot be used.", hint="Write an integer from 1 to 10."
        )

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"age": "5m"}, "a dict with some of verifications, max_age, methods, phishing_resistant as"),
            ({"max_age": 5}, "max_age is a duration such as"),
            ({"methods": [1]}, "methods is None or a list of names"),
        ],
    )
    def test_a_requirement_is_told_by_its_name(self, given: dict[str, object], words: str) -> None:
        [problem] = problems(REQUIREMENTS={"transfer": given})

        assert "requirement 'transfer'" in problem.hint
        assert words in problem.hint

    def test_a_cookie_of_the_whole_site_is_told_which_prefix_fits(self) -> None:
        [problem] = problems(TRUST_COOKIE="__HOST-trust", TRUST_LIFETIME="30d")

        assert problem.key == "TRUST_COOKIE"
        assert '"__Secure-" is a prefix that fits' in problem.hint
        assert problems(TRUST_COOKIE="__Secure-trust", TRUST_LIFETIME="30d") == ()

    @pytest.mark.parametrize(
        ("key", "meant"),
        [("METHOD", "METHODS"), ("methods", "METHODS"), ("TOTP_DIGIT", "TOTP_DIGITS"), ("SMS_SENDERS", "SMS_SENDER")],
    )
    def test_a_slip_is_told_what_was_meant(self, key: str, meant: str) -> None:
        assert problems(**{key: ["totp"]}) == (
            Problem(key=key, message=f"MFA has no key '{key}'.", hint=f"Did you mean '{meant}'?"),
        )

    @pytest.mark.parametrize("key", ["NOTHING_OF_THE_KIND", 1, None, ("METHODS_X",), frozenset()])
    def test_another_key_is_told_which_there_are(self, key: object) -> None:
        read_config, [problem] = read({key: 1})

        assert read_config == Config()
        assert (problem.key, problem.message) == (str(key), f"MFA has no key {key!r}.")
        assert problem.hint.startswith("Did you") or all(name in problem.hint for name in FIELDS)

    @pytest.mark.parametrize("settings", [None, [], "METHODS", 1, [("METHODS", ["totp"])], {"METHODS"}])
    def test_settings_that_are_no_dict_are_told(self, settings: object) -> None:
        read_config, [problem] = read(settings)

        assert (read_config, problem.key) == (Config(), "MFA")

    def test_keys_are_shown_by_nothing(self) -> None:
        shown = repr(config(ENCRYPTION_KEYS=[WRITTEN]))

        assert "encryption_keys" not in shown
        assert "max_failures=100" in shown
        for wrong in ([f"{WRITTEN}AAAA"], [WRITTEN, "short"], WRITTEN, [KEY], {WRITTEN: 1}):
            [problem] = problems(ENCRYPTION_KEYS=wrong)
            assert not any(word in f"{problem}" for word in (WRITTEN, "short", repr(KEY)))


SITE: dict[str, object] = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
KEYS_ONLY: dict[str, object] = {"METHODS": ["webauthn"], **SITE}

Together = tuple[dict[str, object], str, dict[str, object]]


def short(key: str) -> list[Together]:
    return [({key: 1}, key, {key: 6}), ({key: 5}, key, {"ENFORCE_RFC_GUIDANCE": False})]


TOGETHER: list[Together] = [
    *(each for key in ("TOTP_DIGITS", "HOTP_DIGITS", "EMAIL_CODE_DIGITS", "SMS_CODE_DIGITS") for each in short(key)),
    ({"METHODS": ["totp", "sms"]}, "SMS_SENDER", {"SMS_SENDER": "acme.Sender"}),
    ({**KEYS_ONLY, "WEBAUTHN_RP_ID": None}, "WEBAUTHN_RP_ID", {"WEBAUTHN_RP_ID": "example.com"}),
    ({**KEYS_ONLY, "WEBAUTHN_ORIGINS": []}, "WEBAUTHN_ORIGINS", {"WEBAUTHN_ORIGINS": ["https://a.example.com"]}),
    ({**SITE, "WEBAUTHN_RP_ID": "ample.com"}, "WEBAUTHN_ORIGINS", {"WEBAUTHN_ORIGINS": ["https://ample.com:1"]}),
    ({**SITE, "WEBAUTHN_RP_ID": "www.example.com"}, "WEBAUTHN_ORIGINS", {"WEBAUTHN_RP_ID": "example.com"}),
    (
        {**SITE, "WEBAUTHN_ORIGINS": ["https://example.co.uk"]},
        "WEBAUTHN_ORIGINS",
        {"WEBAUTHN_RELATED_ORIGINS": ["https://example.co.uk"]},
    ),
    (
        {**SITE, "WEBAUTHN_RELATED_ORIGINS": ["https://example.co.uk"]},
        "WEBAUTHN_RELATED_ORIGINS",
        {"WEBAUTHN_ORIGINS": ["https://example.com", "https://example.co.uk"]},
    ),
    (
        {**KEYS_ONLY, "WEBAUTHN_ATTESTATION": "direct"},
        "WEBAUTHN_TRUST_ROOTS",
        {"WEBAUTHN_TRUST_ROOTS": "/etc/roots"},
    ),
    (
        {**KEYS_ONLY, "WEBAUTHN_ATTESTATION": "direct"},
        "WEBAUTHN_TRUST_ROOTS",
        {"WEBAUTHN_METADATA": "fido"},
    ),
    (
        {**KEYS_ONLY, "WEBAUTHN_ATTESTATION": "direct"},
        "WEBAUTHN_TRUST_ROOTS",
        {"ADAPTERS": {"authenticator_metadata": "acme.Metadata"}},
    ),
    ({"METHODS": ["totp"], **SITE, "PASSKEY_LOGIN": True}, "PASSKEY_LOGIN", {"METHODS": ["webauthn"]}),
    ({"TRUST_COOKIE": "mfa_trust"}, "TRUST_COOKIE", {"TRUST_LIFETIME": "30d"}),
    ({"TOKEN_PROVIDER": "knox", "JWT_GATE": "claims"}, "JWT_GATE", {"TOKEN_PROVIDER": ["knox", "jwt"]}),
    ({"TOKEN_PROVIDER": ["knox", "session"], "JWT_GATE": "claims"}, "JWT_GATE", {"TOKEN_PROVIDER": "acme.Tokens"}),
    ({"VERIFICATION_POLICY": "groups"}, "POLICY_GROUPS", {"POLICY_GROUPS": ["bankers"]}),
    ({"VERIFICATION_POLICY": "mfa.domain.policies.Groups"}, "POLICY_GROUPS", {"VERIFICATION_POLICY": "staff"}),
    ({"METHODS": ["recovery"]}, "METHODS", {"METHODS": ["recovery", "acme.Method"]}),
    ({"METHODS": ["totp"], "REQUIRED_VERIFICATIONS": 6}, "REQUIRED_VERIFICATIONS", {"REQUIRED_VERIFICATIONS": 5}),
    (
        {"METHODS": ["totp", "recovery"], "MAX_DEVICES_PER_METHOD": 2, "REQUIRED_VERIFICATIONS": 4},
        "REQUIRED_VERIFICATIONS",
        {"REQUIRED_VERIFICATIONS": 3},
    ),
    (
        {"METHODS": ["totp"], "MAX_DEVICES_PER_METHOD": {"totp": 1}, "REQUIRED_VERIFICATIONS": 2},
        "REQUIRED_VERIFICATIONS",
        {"METHODS": ["totp", "email"]},
    ),
]
"""Settings that are right by themselves, but not together; the key that is told; and what makes them right."""


class TestClashes:
    @pytest.mark.parametrize(("mfa", "key", "better"), TOGETHER)
    def test_what_does_not_go_together_is_told(
        self, mfa: dict[str, object], key: str, better: dict[str, object]
    ) -> None:
        [problem] = problems(**mfa)

        assert problem.key == key
        assert key in f"{problem.message} {problem.hint}"
        assert problems(**{**mfa, **better}) == ()

    def test_every_clash_is_tried(self) -> None:
        told = {problem.message for mfa, *_ in TOGETHER for problem in problems(**mfa)}

        assert all(any(message.startswith(each.message.split("{")[0]) for message in told) for each in CLASHES)

    def test_several_at_once_are_all_told(self) -> None:
        found = problems(METHODS=["sms"], TOTP_DIGITS=5, MAX_DEVICES_PER_METHOD=1, REQUIRED_VERIFICATIONS=2)

        assert {problem.key for problem in found} == {"SMS_SENDER", "TOTP_DIGITS", "REQUIRED_VERIFICATIONS"}

    @pytest.mark.parametrize(("mfa", "key", "better"), TOGETHER)
    def test_nothing_is_said_by_what_cannot_be_read(
        self, mfa: dict[str, object], key: str, better: dict[str, object]
    ) -> None:
        """Whatever is put in its place is a guess, and what follows from a guess is not true."""
        for name in better:
            assert [problem.key for problem in problems(**{**mfa, name: object()})] == [name]


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.timedeltas()
    | st.sampled_from(
        ["totp", {"max_age": "5m"}, {"verifications": "2"}, "sms", "recovery", "sha1", "30s", "acme.Thing"]
    )
    | st.sampled_from([WRITTEN, "authtoken", 6, 0, "https://\ud800", "http://[", "https://a:b"]),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children) | st.tuples(children),
    max_leaves=6,
)
keys = st.sampled_from(sorted(FIELDS)) | st.text() | st.integers() | st.none() | st.tuples(st.text())


class TestWhateverStandsThere:
    @given(st.dictionaries(keys, anything) | anything)
    def test_reading_never_raises_and_every_problem_names_its_key(self, settings: object) -> None:
        read_config, found = read(settings)

        assert isinstance(read_config, Config)
        named = {str(key) for key in settings} if isinstance(settings, Mapping) else {"MFA"}
        assert {problem.key for problem in found} <= named | {clash.keys[0] for clash in CLASHES}
        assert all(problem.message and problem.hint for problem in found)

    @given(st.dictionaries(st.sampled_from(sorted(FIELDS)), anything))
    def test_what_is_left_after_the_problems_is_used(self, settings: dict[str, Any]) -> None:
        read_config, found = read(settings)
        wrong = {problem.key for problem in found if problem.message.endswith("cannot be used.")}

        again, _ = read({key: value for key, value in settings.items() if key not in wrong})

        assert again == read_config
        for key in wrong:
            assert getattr(read_config, key.lower()) == getattr(Config(), key.lower())
