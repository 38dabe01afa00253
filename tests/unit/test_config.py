"""Every setting has its rule, and whatever is wrong is told without being used."""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.config import LONGEST, Config, Problem, duration, read
from mfa.domain.policies import Requirement

KEY = bytes(range(32))
WRITTEN = base64.urlsafe_b64encode(KEY).decode()

DEMANDED = {
    *("SMS_SENDER", "METHODS", "REQUIRED_VERIFICATIONS"),
    *("WEBAUTHN_RP_ID", "WEBAUTHN_ORIGINS", "WEBAUTHN_TRUST_ROOTS"),
}
"""What other settings may ask for."""

NAMES = {field.name.upper() for field in attrs.fields(Config)}


def problems(**mfa: object) -> tuple[Problem, ...]:
    return read(mfa)[1]


def config(**mfa: object) -> Config:
    read_config, found = read(mfa)
    assert not found
    return read_config


class TestDefaults:
    def test_they_are_those_of_the_contract(self) -> None:
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
            webauthn_user_verification="preferred",
            webauthn_attestation="none",
            webauthn_trust_roots=None,
            passkey_login=False,
            recovery_codes=10,
            encryption_keys=None,
            enforce_rfc_guidance=True,
            max_devices_per_method=5,
            registration_lifetime=timedelta(hours=1),
            container=None,
        )

    def test_a_config_is_a_value(self) -> None:
        assert hash(config(METHODS=["totp"])) == hash(config(METHODS=("totp",)))
        assert config(REQUIREMENTS={"transfer": {}}) != config()
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            config().max_failures = 1  # type: ignore[misc]


RIGHT: list[tuple[str, object, object]] = [
    ("METHODS", ["hotp", "acme.methods.Voice"], ("hotp", "acme.methods.Voice")),
    ("METHODS", ("recovery", "totp"), ("recovery", "totp")),
    ("TOKEN_PROVIDER", "knox", "knox"),
    ("TOKEN_PROVIDER", "acme.tokens.Provider", "acme.tokens.Provider"),
    ("TOKEN_PROVIDER", ["knox", "session"], ("knox", "session")),
    ("TOKEN_PROVIDER", ("acme.tokens.Provider", "jwt"), ("acme.tokens.Provider", "jwt")),
    ("REQUIRED_VERIFICATIONS", 2, 2),
    ("VERIFICATION_POLICY", "acme.Policy", "acme.Policy"),
    ("VERIFICATION_POLICY", "staff", "staff"),
    ("VERIFICATION_POLICY", "mfa.domain.policies.EnrolledUsers", "enrolled_users"),
    ("VERIFICATION_LIFETIME", None, None),
    ("VERIFICATION_LIFETIME", "12h", timedelta(hours=12)),
    ("REQUIREMENTS", {}, {}),
    (
        "REQUIREMENTS",
        {
            "transfer": {"max_age": "1m30s", "methods": ["totp"], "phishing_resistant": True},
            "two": {"verifications": 2},
        },
        {
            "transfer": Requirement(max_age=timedelta(seconds=90), methods=["totp"], phishing_resistant=True),
            "two": Requirement(verifications=2),
        },
    ),
    ("POLICY_GROUPS", [], ()),
    ("POLICY_GROUPS", ["bankers", "Card holders"], ("bankers", "Card holders")),
    ("REGISTRATION_DEADLINE", None, None),
    ("REGISTRATION_DEADLINE", "14d", timedelta(days=14)),
    ("REGISTRATION_DEADLINE", "2026-06-01T00:00:00Z", datetime(2026, 6, 1, tzinfo=UTC)),
    ("REGISTRATION_DEADLINE", "2026-06-01t02:30:00.25+02:30", datetime(2026, 6, 1, microsecond=250_000, tzinfo=UTC)),
    ("STEP_UP_STATUS", 403, 403),
    ("STEP_UP_STATUS", 401, 401),
    ("TRUST_LIFETIME", None, None),
    ("TRUST_LIFETIME", "30d", timedelta(days=30)),
    ("JWT_GATE", "database", "database"),
    ("VERIFICATION_THROTTLE", "simple", "simple"),
    ("VERIFICATION_THROTTLE", "acme.Throttle", "acme.Throttle"),
    ("VERIFICATION_THROTTLE_TRYOUTS", 1, 1),
    ("VERIFICATION_THROTTLE_TIMEOUT", "1s", timedelta(seconds=1)),
    ("MAX_FAILURES", 1, 1),
    ("FAILURE_MEMORY", timedelta(hours=1), timedelta(hours=1)),
    ("CHANGE_MAX_AGE", "1m", timedelta(minutes=1)),
    ("TOTP_DIGITS", 10, 10),
    ("TOTP_PERIOD", 1, 1),
    ("TOTP_TOLERANCE", 0, 0),
    ("TOTP_TOLERANCE", 100, 100),
    ("TOTP_ALGORITHM", "sha512", "sha512"),
    ("TOTP_ISSUER", "Acme: tools & more", "Acme: tools & more"),
    ("HOTP_DIGITS", 8, 8),
    ("HOTP_TOLERANCE", 100, 100),
    ("HOTP_ALGORITHM", "sha256", "sha256"),
    ("HOTP_ISSUER", "Acme", "Acme"),
    ("HOTP_RESYNCHRONISE", True, True),
    ("EMAIL_CODE_DIGITS", 8, 8),
    ("EMAIL_CODE_LIFETIME", "5m", timedelta(minutes=5)),
    ("EMAIL_RESEND_INTERVAL", "1m", timedelta(minutes=1)),
    ("EMAIL_HOURLY_LIMIT", 1, 1),
    ("EMAIL_SENDER", "acme.Sender", "acme.Sender"),
    ("EMAIL_SENDER", None, None),
    ("SMS_CODE_DIGITS", 8, 8),
    ("SMS_CODE_LIFETIME", "5m", timedelta(minutes=5)),
    ("SMS_RESEND_INTERVAL", "1m", timedelta(minutes=1)),
    ("SMS_HOURLY_LIMIT", 1, 1),
    ("SMS_SENDER", "acme.Sender", "acme.Sender"),
    ("SMS_DEFAULT_REGION", "NL", "NL"),
    ("WEBAUTHN_RP_ID", None, None),
    ("WEBAUTHN_RP_ID", "localhost", "localhost"),
    ("WEBAUTHN_RP_ID", "login.3com.xn--p1ai", "login.3com.xn--p1ai"),
    ("WEBAUTHN_RP_NAME", "Acme", "Acme"),
    ("WEBAUTHN_ORIGINS", [], ()),
    (
        "WEBAUTHN_ORIGINS",
        ["https://example.com", "http://localhost:8000", "android:apk-key-hash:aB-_0"],
        ("https://example.com", "http://localhost:8000", "android:apk-key-hash:aB-_0"),
    ),
    ("WEBAUTHN_TOP_ORIGINS", ("https://example.org",), ("https://example.org",)),
    ("WEBAUTHN_USER_VERIFICATION", "required", "required"),
    ("WEBAUTHN_ATTESTATION", "direct", "direct"),
    ("WEBAUTHN_METADATA", "aaguids.json", "aaguids.json"),
    ("WEBAUTHN_TRUST_ROOTS", "/etc/roots", "/etc/roots"),
    ("PASSKEY_LOGIN", False, False),
    ("RECOVERY_CODES", 1, 1),
    ("RECOVERY_CODES", 100, 100),
    ("ENCRYPTION_KEYS", [WRITTEN], (KEY,)),
    ("ENFORCE_RFC_GUIDANCE", False, False),
    ("MAX_DEVICES_PER_METHOD", 1, 1),
    ("REGISTRATION_LIFETIME", "1d", timedelta(days=1)),
    ("CONTAINER", "acme.Container", "acme.Container"),
]

NO_TEXT: list[object] = [None, 1, True, b"text", ["text"], {}]
NO_PATH: list[object] = [
    *NO_TEXT[1:],
    "",
    "Thing",
    ".Thing",
    "acme.",
    "acme..Thing",
    "acme/Thing",
    "acme.Thing()",
    "acme.Thing\n",
]
NO_NUMBER: list[object] = [None, "6", 6.0, True, False, [6], -1, float("nan"), float("inf")]
NO_DURATION: list[object] = [
    *(30, 0.5, True, b"30s", "", "30", "s", "0s", "00m", "0d0h", "-1s", "+1s", "1.5h", "1 h", " 1h", "1h 30m"),
    *("1H", "1w", "30m1h", "1h1h", "1h30", "1h\n", "\N{ARABIC-INDIC DIGIT THREE}s", "3651d", "3650d1s", "9" * 30 + "s"),
    *(timedelta(0), timedelta(seconds=-1), timedelta(days=3650, microseconds=1)),
]
NO_METHODS: list[object] = [
    None,
    "totp",
    [],
    (),
    ["totp", "totp"],
    ["TOTP"],
    ["totp", None],
    ["totp", 1],
    {"totp"},
    {"totp": 1},
    [[]],
]
NO_DOMAIN: list[object] = [
    *NO_TEXT[1:],
    *("", "Example.com", "https://example.com", "example.com:443", "example.com/", ".com", "a..b", "127.0.0.1", "1"),
    *("example.com\n", "ex ample.com", "\N{LATIN SMALL LETTER E WITH ACUTE}.com", "[::1]"),
]
NO_ORIGINS: list[object] = [
    *(None, "https://example.com", {"https://example.com"}, [None], [b"https://example.com"], [""], ["example.com"]),
    *(["https://"], ["https://example.com/"], ["https://example.com/a"], ["https://a@example.com"], ["https://a b"]),
    *(["https://example.com?"], ["https://example.com#a"], ["*"], ["null"], ["https://example.com", ""]),
]
NO_KEYS: list[object] = [
    *(WRITTEN, [], [KEY], [None], [""], [WRITTEN, ""], [WRITTEN[:-4]], [WRITTEN + "AAAA"], [WRITTEN[:-3]]),
    *([f" {WRITTEN}"], [WRITTEN.replace("A", "\N{LATIN SMALL LETTER E WITH ACUTE}", 1)], ["*" * 44], {WRITTEN: 1}),
]

WRONG: dict[str, list[object]] = {
    "METHODS": [*NO_METHODS, ["not a path"]],
    "TOKEN_PROVIDER": [None, *NO_PATH, "Knox", [], ["Knox"], ["knox", "knox"], [["knox"]], {"knox": "session"}],
    "REQUIRED_VERIFICATIONS": [*NO_NUMBER, 0],
    "VERIFICATION_POLICY": [None, *NO_PATH, "Staff"],
    "VERIFICATION_LIFETIME": NO_DURATION,
    "REQUIREMENTS": [
        *(None, [], "transfer", {1: {}}, {"": {}}, {"transfer": None}, {"transfer": ["totp"]}, {"transfer": {1: 2}}),
        *({"transfer": {"age": "5m"}}, {"transfer": {"max_age": 5}}, {"transfer": {"verifications": 0}}),
        *({"transfer": {"methods": "totp"}}, {"transfer": {"methods": []}}),
    ],
    "POLICY_GROUPS": [None, "bankers", {"bankers"}, [""], [1], [None]],
    "REGISTRATION_DEADLINE": [
        *NO_DURATION,
        *("2026-06-01", "2026-06-01T00:00:00", "2026-06-01T00:00Z", "2026-06-31T00:00:00Z", "2026-06-01T24:00:01Z"),
        *("2026-06-01T00:00:00Z\n", "20260601T000000Z", "0001-01-01T00:00:00+01:00", datetime(2026, 6, 1, tzinfo=UTC)),
    ],
    "STEP_UP_STATUS": [None, "403", True, 400, 404, 401.5, [403]],
    "TRUST_LIFETIME": NO_DURATION,
    "JWT_GATE": [None, "", "Claims", "token", True, ["claims"], {}],
    "VERIFICATION_THROTTLE": [None, *NO_PATH, "Simple"],
    "VERIFICATION_THROTTLE_TRYOUTS": [*NO_NUMBER, 0],
    "VERIFICATION_THROTTLE_TIMEOUT": [None, *NO_DURATION],
    "MAX_FAILURES": [*NO_NUMBER, 0],
    "FAILURE_MEMORY": [None, *NO_DURATION],
    "CHANGE_MAX_AGE": [None, *NO_DURATION],
    "TOTP_DIGITS": [*NO_NUMBER, 0, 11],
    "TOTP_PERIOD": [*NO_NUMBER, 0],
    "TOTP_TOLERANCE": [*NO_NUMBER, 101],
    "TOTP_ALGORITHM": [None, "SHA1", "md5", 1, ["sha1"]],
    "TOTP_ISSUER": NO_TEXT,
    "HOTP_DIGITS": [*NO_NUMBER, 0, 11],
    "HOTP_TOLERANCE": [*NO_NUMBER, 101],
    "HOTP_ALGORITHM": [None, "SHA1", "md5", 1, ["sha1"]],
    "HOTP_ISSUER": NO_TEXT,
    "HOTP_RESYNCHRONISE": [None, 0, 1, "yes"],
    "EMAIL_CODE_DIGITS": [*NO_NUMBER, 0, 11],
    "EMAIL_CODE_LIFETIME": [None, *NO_DURATION],
    "EMAIL_RESEND_INTERVAL": [None, *NO_DURATION],
    "EMAIL_HOURLY_LIMIT": [*NO_NUMBER, 0],
    "EMAIL_SENDER": NO_PATH,
    "SMS_CODE_DIGITS": [*NO_NUMBER, 0, 11],
    "SMS_CODE_LIFETIME": [None, *NO_DURATION],
    "SMS_RESEND_INTERVAL": [None, *NO_DURATION],
    "SMS_HOURLY_LIMIT": [*NO_NUMBER, 0],
    "SMS_SENDER": NO_PATH,
    "SMS_DEFAULT_REGION": NO_TEXT[1:],
    "WEBAUTHN_RP_ID": NO_DOMAIN,
    "WEBAUTHN_RP_NAME": NO_TEXT,
    "WEBAUTHN_ORIGINS": NO_ORIGINS,
    "WEBAUTHN_TOP_ORIGINS": NO_ORIGINS,
    "WEBAUTHN_USER_VERIFICATION": [None, "", "Required", True, ["required"], []],
    "WEBAUTHN_ATTESTATION": [None, "", "indirect", True, ["none"], {}],
    "WEBAUTHN_METADATA": NO_TEXT[1:],
    "WEBAUTHN_TRUST_ROOTS": NO_TEXT[1:],
    "PASSKEY_LOGIN": [None, 0, 1, "True"],
    "RECOVERY_CODES": [*NO_NUMBER, 0, 101],
    "ENCRYPTION_KEYS": NO_KEYS,
    "ENFORCE_RFC_GUIDANCE": [None, 0, 1, "False"],
    "MAX_DEVICES_PER_METHOD": [*NO_NUMBER, 0],
    "REGISTRATION_LIFETIME": [None, *NO_DURATION],
    "CONTAINER": NO_PATH,
}


class TestRules:
    def test_every_setting_is_tried(self) -> None:
        assert {key for key, *_ in RIGHT} == NAMES
        assert set(WRONG) == NAMES

    @pytest.mark.parametrize(("key", "written", "meant"), RIGHT)
    def test_what_is_right_is_read(self, key: str, written: object, meant: object) -> None:
        assert getattr(config(**{key: written}), key.lower()) == meant

    @pytest.mark.parametrize(
        ("key", "written"),
        [pytest.param(key, value, id=f"{key} {value!r}"[:60]) for key, values in WRONG.items() for value in values],
    )
    def test_what_is_wrong_is_told_and_left_at_its_default(self, key: str, written: object) -> None:
        read_config, [problem] = read({key: written})

        assert read_config == Config()
        assert problem.key == key
        assert problem.message == f"MFA['{key}'] cannot be used."
        assert re.fullmatch(r"Write (a|an|one|the|True) .+\.", problem.hint)

    def test_everything_wrong_is_told_at_once(self) -> None:
        read_config, found = read({"TOTP_DIGITS": "6", "METHODS": [], "MAX_FAILURES": 7, "NOTHING": 1})

        assert [problem.key for problem in found] == ["TOTP_DIGITS", "METHODS", "NOTHING"]
        assert read_config == Config(max_failures=7)


class TestUnknownKeys:
    @pytest.mark.parametrize(
        ("key", "meant"),
        [("METHOD", "METHODS"), ("methods", "METHODS"), ("TOTP_DIGIT", "TOTP_DIGITS"), ("SMS_SENDERS", "SMS_SENDER")],
    )
    def test_a_slip_is_told_what_was_meant(self, key: str, meant: str) -> None:
        [problem] = problems(**{key: ["totp"]})

        assert problem == Problem(key=key, message=f"MFA has no key '{key}'.", hint=f"Did you mean '{meant}'?")

    @pytest.mark.parametrize("key", ["NOTHING_OF_THE_KIND", "", 1, None, ("METHODS",), b"METHODS_X", frozenset()])
    def test_another_is_told_which_there_are(self, key: object) -> None:
        read_config, [problem] = read({key: 1})

        assert read_config == Config()
        assert problem.key == str(key)
        assert repr(key) in problem.message
        if not str(key).strip("()',b").startswith("METHODS"):
            assert all(name in problem.hint for name in NAMES)

    @pytest.mark.parametrize("settings", [None, [], "METHODS", 1, [("METHODS", ["totp"])], {"METHODS"}])
    def test_settings_that_are_no_dict_are_told(self, settings: object) -> None:
        read_config, [problem] = read(settings)

        assert read_config == Config()
        assert problem.key == "MFA"


class TestImpossible:
    @pytest.mark.parametrize("key", ["TOTP_DIGITS", "HOTP_DIGITS", "EMAIL_CODE_DIGITS", "SMS_CODE_DIGITS"])
    def test_short_values_are_refused_unless_the_risk_is_borne(self, key: str) -> None:
        for digits in range(1, 6):
            [problem] = problems(**{key: digits})
            assert problem.key == key
            assert "RFC 4226" in problem.message
            assert "ENFORCE_RFC_GUIDANCE" in problem.hint
            assert problems(**{key: digits, "ENFORCE_RFC_GUIDANCE": False}) == ()
        assert problems(**{key: 6}) == ()

    def test_text_messages_need_a_sender(self) -> None:
        [problem] = problems(METHODS=["totp", "sms"])

        assert problem.key == "SMS_SENDER"
        assert problems(METHODS=["totp", "sms"], SMS_SENDER="acme.Sender") == ()
        assert problems(METHODS=["totp"], SMS_SENDER="acme.Sender") == ()

    def test_security_keys_need_a_site(self) -> None:
        site = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}

        assert {each.key for each in problems(METHODS=["webauthn"])} == {"WEBAUTHN_RP_ID", "WEBAUTHN_ORIGINS"}
        for key in site:
            [problem] = problems(METHODS=["webauthn"], **{**site, key: {"WEBAUTHN_RP_ID": None}.get(key, [])})
            assert problem.key == key
            assert key in problem.message
        assert problems(METHODS=["webauthn"], **site) == ()

    def test_attestations_need_roots_to_chain_to(self) -> None:
        site = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
        direct = {"METHODS": ["webauthn"], **site, "WEBAUTHN_ATTESTATION": "direct"}

        [problem] = problems(**direct)
        assert problem.key == "WEBAUTHN_TRUST_ROOTS"
        assert problems(**direct, WEBAUTHN_TRUST_ROOTS="/etc/roots") == ()

    def test_passkeys_that_log_in_are_security_keys(self) -> None:
        site = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}

        [problem] = problems(METHODS=["totp"], PASSKEY_LOGIN=True)
        assert problem.key == "PASSKEY_LOGIN"
        assert '"webauthn"' in problem.hint
        assert config(METHODS=["webauthn"], PASSKEY_LOGIN=True, **site).passkey_login is True

    @pytest.mark.parametrize("provider", ["knox", ["session", "authtoken"]])
    def test_claims_are_those_of_json_web_tokens(self, provider: object) -> None:
        [problem] = problems(TOKEN_PROVIDER=provider, JWT_GATE="claims")

        assert problem.key == "JWT_GATE"
        assert '"jwt"' in problem.message
        assert '"jwt"' in problem.hint
        assert problems(TOKEN_PROVIDER=provider, JWT_GATE="database") == ()

    @pytest.mark.parametrize("provider", ["jwt", ["session", "jwt"], "acme.Provider", ["knox", "acme.Provider"]])
    def test_a_class_of_the_projects_may_have_some_too(self, provider: object) -> None:
        assert config(TOKEN_PROVIDER=provider, JWT_GATE="claims").jwt_gate == "claims"

    @pytest.mark.parametrize("policy", ["groups", "mfa.domain.policies.Groups"])
    def test_a_policy_for_groups_needs_groups(self, policy: str) -> None:
        [problem] = problems(VERIFICATION_POLICY=policy)

        assert problem.key == "POLICY_GROUPS"
        assert problems(VERIFICATION_POLICY=policy, POLICY_GROUPS=["bankers"]) == ()
        assert problems(VERIFICATION_POLICY="staff") == ()

    def test_recovery_codes_need_another_method(self) -> None:
        [problem] = problems(METHODS=["recovery"])

        assert problem.key == "METHODS"
        assert problems(METHODS=["recovery", "acme.Method"]) == ()

    @pytest.mark.parametrize(
        ("methods", "devices", "most"),
        [(["totp"], 1, 1), (["totp"], 5, 5), (["totp", "recovery"], 2, 3), (["totp", "email", "acme.Method"], 2, 6)],
    )
    def test_nobody_can_verify_more_devices_than_there_may_be(
        self, methods: list[str], devices: int, most: int
    ) -> None:
        settings = {"METHODS": methods, "MAX_DEVICES_PER_METHOD": devices}

        assert problems(**settings, REQUIRED_VERIFICATIONS=most) == ()
        [problem] = problems(**settings, REQUIRED_VERIFICATIONS=most + 1)
        assert problem.key == "REQUIRED_VERIFICATIONS"
        assert f"the {most} that a user can have" in problem.message

    def test_several_at_once_are_all_told(self) -> None:
        found = problems(METHODS=["sms"], TOTP_DIGITS=5, MAX_DEVICES_PER_METHOD=1, REQUIRED_VERIFICATIONS=2)

        assert {problem.key for problem in found} == {"SMS_SENDER", "TOTP_DIGITS", "REQUIRED_VERIFICATIONS"}


class TestDurations:
    @given(st.integers(1, LONGEST.days), st.sampled_from("smhd"))
    def test_a_number_and_a_unit(self, number: int, unit: str) -> None:
        units = {"s": 1, "m": 60, "h": 3600, "d": 86400}

        assert duration(f"{number}{unit}") == timedelta(seconds=number * units[unit])
        assert duration(f"00{number}{unit}") == timedelta(seconds=number * units[unit])

    @given(st.timedeltas(min_value=timedelta(seconds=1), max_value=LONGEST))
    def test_units_are_added_up_and_a_timedelta_is_one(self, length: timedelta) -> None:
        minutes, seconds = divmod(length.seconds, 60)
        written = f"{length.days}d{minutes // 60}h{minutes % 60}m{seconds}s"

        assert duration(written) == length - timedelta(microseconds=length.microseconds)
        assert duration(length) == length
        assert duration("1d12h") == timedelta(days=1.5)

    def test_the_longest_is_ten_years_in_any_unit(self) -> None:
        for text in ("3650d", "87600h", "5256000m", "315360000s"):
            assert duration(text) == LONGEST
        for text in ("3651d", "87601h", "5256001m", "315360001s"):
            with pytest.raises(ValueError, match="at most"):
                duration(text)

    def test_even_the_longest_wait_of_a_throttle_ends_within_the_calendar(self) -> None:
        assert datetime(2200, 1, 1) + LONGEST * 120 < datetime.max  # noqa: DTZ001, DTZ901 - no moment, but a calendar

    @given(st.text() | st.integers() | st.none() | st.binary() | st.floats())
    def test_everything_else_is_refused(self, value: object) -> None:
        if isinstance(value, str) and re.fullmatch("([0-9]{1,9}[smhd])+", value):
            return
        with pytest.raises(ValueError, match="a duration"):
            duration(value)


class TestKeys:
    def test_they_come_in_their_order_with_or_without_padding(self) -> None:
        other = bytes(32)
        unpadded = base64.urlsafe_b64encode(other).decode().rstrip("=")

        assert config(ENCRYPTION_KEYS=[unpadded, WRITTEN]).encryption_keys == (other, KEY)

    def test_the_url_safe_alphabet_is_meant(self) -> None:
        key = b"\xfb\xff" * 16
        written = base64.urlsafe_b64encode(key).decode()
        assert "-" in written
        assert "_" in written

        assert config(ENCRYPTION_KEYS=[written]).encryption_keys == (key,)

    def test_no_repr_shows_them(self) -> None:
        shown = repr(config(ENCRYPTION_KEYS=[WRITTEN]))

        assert "encryption_keys" not in shown
        assert repr(KEY) not in shown
        assert "max_failures=100" in shown

    @pytest.mark.parametrize("keys", [[f"{WRITTEN}AAAA"], [WRITTEN, "short"], WRITTEN, [KEY], {WRITTEN: 1}])
    def test_no_problem_quotes_them(self, keys: object) -> None:
        [problem] = problems(ENCRYPTION_KEYS=keys)

        assert WRITTEN not in f"{problem}"
        assert "short" not in f"{problem}"
        assert repr(KEY) not in f"{problem}"


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.timedeltas()
    | st.sampled_from(
        [
            "totp",
            {"max_age": "5m"},
            {"verifications": "2"},
            "sms",
            "recovery",
            "sha1",
            "30s",
            "acme.Thing",
            WRITTEN,
            "authtoken",
            6,
            0,
        ]
    ),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children) | st.tuples(children),
    max_leaves=6,
)
keys = st.sampled_from(sorted(NAMES)) | st.text() | st.integers() | st.none() | st.tuples(st.text())


class TestWhateverStandsThere:
    @given(st.dictionaries(keys, anything) | anything)
    def test_reading_never_raises_and_every_problem_names_its_key(self, settings: object) -> None:
        read_config, found = read(settings)

        assert isinstance(read_config, Config)
        named = {str(key) for key in settings} if isinstance(settings, Mapping) else {"MFA"}
        assert {problem.key for problem in found} <= named | DEMANDED
        assert all(problem.message and problem.hint for problem in found)

    @given(st.dictionaries(st.sampled_from(sorted(NAMES)), anything))
    def test_what_is_left_after_the_problems_is_used(self, settings: dict[str, Any]) -> None:
        read_config, found = read(settings)
        wrong = {problem.key for problem in found if problem.message.endswith("cannot be used.")}

        again, _ = read({key: value for key, value in settings.items() if key not in wrong})

        assert again == read_config
        for key in wrong:
            assert getattr(read_config, key.lower()) == getattr(Config(), key.lower())
