"""Every setting, typed, with its default and its rule; read once from the one dict ``MFA``."""

import base64
import difflib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from http.cookies import Morsel
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

import attrs

from mfa.application.ports.audit import AuditLevel, AuditTrail, ClientAddress
from mfa.application.ports.delivery import Addressing, Sender
from mfa.application.ports.importing import ForeignHashes, UserFinder
from mfa.application.ports.metadata import AuthenticatorMetadata
from mfa.application.ports.notifying import Notifier
from mfa.application.ports.otp import OneTimePasswords, QrCodes
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.purging import ExpiredRows
from mfa.application.ports.reports import AccountReports
from mfa.application.ports.repositories import AccountRepository, Holders
from mfa.application.ports.system import Clock, Entropy, KeyRotations, Vault
from mfa.application.ports.tokens import TokenIssuer, TokenProvider
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.ports.users import UserDirectory
from mfa.application.ports.webauthn import AuthenticatorCryptography
from mfa.domain.methods.metadata import AdmittedModels
from mfa.domain.methods.names import BUILT_IN
from mfa.domain.methods.one_time_password import FEWEST_DIGITS, MOST_DIGITS, Algorithm
from mfa.domain.methods.webauthn import (
    ALGORITHM_NAMES,
    HINTS,
    Attachment,
    Attestation,
    Strictness,
    UserVerification,
)
from mfa.domain.policies import Deadline, Requirement, UncheckedNames, VerificationPolicy
from mfa.domain.rules import MOST_DEVICES, MostDevices, most_devices
from mfa.domain.secrets import SecretBytes
from mfa.domain.throttling import ThrottlePolicy
from mfa.domain.values import ValueObject

TOKEN_PROVIDERS = {
    "authtoken": "mfa.adapters.tokens.authtoken.AuthtokenTokenProvider",
    "knox": "mfa.adapters.tokens.knox.KnoxTokenProvider",
    "jwt": "mfa.adapters.tokens.jwt.JwtTokenProvider",
    "session": "mfa.adapters.tokens.session.SessionTokenProvider",
}
IMPORT_SOURCES = {
    name: f"mfa.adapters.importing.{name}.{kind}"
    for name, kind in {
        "allauth": "AllauthSource",
        "csv": "CsvSource",
        "dj_rest_auth": "DjRestAuthSource",
        "django_mfa": "DjangoMfaSource",
        "django_otp": "DjangoOtpSource",
        "otp_webauthn": "OtpWebauthnSource",
        "rest_multi_factor": "RestMultiFactorSource",
        "trench": "TrenchSource",
    }.items()
}
"""From where users move in, by the names that the command ``mfa_import`` takes."""

THROTTLES = {
    "recursive": "mfa.domain.throttling.RecursiveThrottle",
    "simple": "mfa.domain.throttling.SimpleThrottle",
}
POLICIES = {
    "every_user": "mfa.domain.policies.EveryUser",
    "enrolled_users": "mfa.domain.policies.EnrolledUsers",
    "staff": "mfa.domain.policies.Staff",
    "groups": "mfa.domain.policies.Groups",
}
"""What is built in, by the names that mean the dotted paths."""

JwtGate = Literal["database", "claims"]
"""Who says whether a JSON web token may pass: the account as it is now, or the token as it was made."""

PORTS: Mapping[str, type] = {
    "clock": Clock,
    "entropy": Entropy,
    "vault": Vault,
    "rotations": KeyRotations,
    "one_time_passwords": OneTimePasswords,
    "qr_codes": QrCodes,
    "email_addressing": Addressing,
    "sms_addressing": Addressing,
    "email_sender": Sender,
    "sms_sender": Sender,
    "authenticator_cryptography": AuthenticatorCryptography,
    "authenticator_metadata": AuthenticatorMetadata,
    "users": UserDirectory,
    "user_finder": UserFinder,
    "foreign_hashes": ForeignHashes,
    "publisher": Publisher,
    "accounts": AccountRepository,
    "holders": Holders,
    "unit_of_work": UnitOfWork,
    "audit": AuditTrail,
    "client_address": ClientAddress,
    "notifier": Notifier,
    "reports": AccountReports,
    "expired_rows": ExpiredRows,
    "token_provider": TokenProvider,
    "token_issuer": TokenIssuer,
    "policy": VerificationPolicy,
    "throttle": ThrottlePolicy,
}
"""What ``ADAPTERS`` may replace, and what has to come in its place."""

KEY_BYTES = 32
MOST_TOLERANCE = 100

LONGEST = timedelta(days=3650)
"""Ten years, so that no sum of a time and a duration leaves the calendar, not even the longest wait of a throttle."""

FEWEST_LABELS = 5
"""Of so many names, at the least, browsers look at the related origins (WebAuthn Level 3 section 5.11)."""

STEP_UP_STATUSES = (401, 403)
"""RFC 9470 section 3 answers 401, which clients of Django REST framework take for the end of a token; hence 403."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Problem(ValueObject):
    """A setting that cannot be used, and what to write instead."""

    key: str
    message: str
    hint: str


# Rules


@attrs.frozen(slots=False, eq=False, repr=False)
class Rule:
    """What a setting may be: in words that go on after "Write", and as what reads it.

    ``read`` returns the value as it is used, and raises ``ValueError`` for all else, with words of its own where they
    say more.
    """

    words: str
    read: Callable[[Any], Any]

    def __or__(self, other: "Rule") -> "Rule":
        """Return the rule for what either allows."""

        def read(value: object) -> object:
            try:
                return self.read(value)
            except ValueError:
                return other.read(value)

        return Rule(f"{self.words}, or {other.words}", read)


def _matching(words: str, allows: Callable[[Any], object]) -> Rule:
    def read(value: object) -> object:
        if allows(value):
            return value
        raise ValueError

    return Rule(words, read)


def _list_of(words: str, rule: Rule, allows: Callable[[tuple[Any, ...]], object] = lambda _: True) -> Rule:
    def read(value: object) -> tuple[Any, ...]:
        chosen = tuple(map(rule.read, value)) if isinstance(value, list | tuple) else None
        if chosen is None or not allows(chosen):
            raise ValueError
        return chosen

    return Rule(words, read)


@cache
def optional(rule: Rule) -> Rule:
    """Return the rule for None and what another allows."""
    return Rule(rule.words, lambda value: None if value is None else rule.read(value))


@cache
def integer(least: int, most: int | None = None) -> Rule:
    """Return the rule for an integer from one number to another, or without end."""
    words = f"an integer of {least} or more" if most is None else f"an integer from {least} to {most}"
    return _matching(words, lambda value: type(value) is int and least <= value <= (value if most is None else most))


@cache
def one_of(*values: object) -> Rule:
    """Return the rule for one of these, which are of one type."""
    return _matching(
        f"one of {', '.join(map(str, values))}", lambda value: type(value) is type(values[0]) and value in values
    )


@cache
def named(*names: str) -> Rule:
    """Return the rule for one of these names, or the path of a class."""
    return one_of(*names) | PATH


def _distinct(chosen: tuple[object, ...]) -> bool:
    return bool(chosen) and len({*chosen}) == len(chosen)


_DURATION = "".join(f"(?:(?P<{unit}>[0-9]{{1,9}}){unit[0]})?" for unit in ("days", "hours", "minutes", "seconds"))
_DATE_TIME = r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d(\.\d{1,6})?(z|[+-]\d\d:\d\d)"


def duration(value: object) -> timedelta:
    """Read a duration as settings write it, such as ``1h`` or ``1d12h``; raises ``ValueError``."""
    read = value if isinstance(value, timedelta) else timedelta(0)
    match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
    if match:
        read = timedelta(**{unit: int(number) for unit, number in match.groupdict(default="0").items()})
    if not timedelta(0) < read <= LONGEST:
        raise ValueError
    return read


def _date_time(value: object) -> datetime:
    """Read a moment as RFC 3339 section 5.6 writes it."""
    if not isinstance(value, str) or not re.fullmatch(_DATE_TIME, value, re.ASCII | re.IGNORECASE):
        raise ValueError
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError from None


def _policy(value: object) -> str:
    path: str = named(*POLICIES).read(value)
    return next((name for name in POLICIES if POLICIES[name] == path), path)


def _adapters(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not PORTS.keys() >= {*value}:
        raise ValueError
    return MappingProxyType({name: PATH.read(path) for name, path in value.items()})


def _key(value: object) -> bytes:
    if isinstance(value, str):
        with suppress(ValueError):  # which may quote the key
            key = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
            if len(key) == KEY_BYTES:
                return SecretBytes(key)
    raise ValueError


def _requirement(name: str, value: object) -> Requirement:
    arguments = [field.name for field in attrs.fields(Requirement)]
    if not isinstance(value, Mapping) or not {*value} <= {*arguments}:
        raise ValueError(f"a dict with some of {', '.join(arguments)} as the requirement {name!r}")
    given = dict(value)
    names = given.get("methods")
    if isinstance(names, list | tuple) and all(isinstance(each, str) for each in names):
        given["methods"] = UncheckedNames(names)
    try:
        given["max_age"] = optional(DURATION).read(given.get("max_age"))
        return Requirement(**given)
    except (TypeError, ValueError) as error:
        words = str(error) or f"max_age is {DURATION.words}"
        raise ValueError(f"a requirement {name!r} that can be met: {words}") from None


def _requirements(value: object) -> Mapping[str, Requirement]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) and name for name in value):
        raise ValueError
    return MappingProxyType({name: _requirement(name, each) for name, each in value.items()})


_UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_APP_ORIGIN = (
    "android:apk-key-hash:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]|chrome-extension://[a-p]{32}"
    f"|moz-extension://{_UUID}|safari-web-extension://(?i:{_UUID})"
)
"""The origins of native apps and of extensions, as their platforms write them."""

_LABELS = r"([a-z0-9_-]+\.)*"
_WEB_ORIGIN = rf"https?://{_LABELS}[a-z0-9_-]+(:[1-9][0-9]*)?"
"""Without encryption, browsers offer credentials to the machine itself alone; test clients have other hosts, too."""


def _serialized(origin: str) -> str | None:
    """Return an origin as a browser serializes it (HTML Standard, section 7.1.1); None where none does."""
    if re.fullmatch(_APP_ORIGIN, origin):
        return origin
    try:
        parts = urlsplit(origin if "://" in origin else f"https://{origin}")
        labels = unicodedata.normalize("NFC", parts.hostname or "").split(".")
        host = ".".join(each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in labels)
        port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    except (KeyError, ValueError):
        return None
    written = f"{parts.scheme}://{host}{port}"
    return written if re.fullmatch(_WEB_ORIGIN, written) else None


_PORTS = {"http": 80, "https": 443}


def _origins(value: object) -> tuple[str, ...]:
    origins: tuple[str, ...] = _list_of("", TEXT).read(value)
    serialized = [_serialized(origin) or "" for origin in origins]
    if not all(serialized):
        raise ValueError
    if serialized != [*origins]:
        raise ValueError(f"{json.dumps(serialized)}, as browsers write them")
    return origins


def _related(value: object) -> tuple[str, ...]:
    origins: tuple[str, ...] = _origins(value)
    if not all(origin.startswith("https://") for origin in origins):
        raise ValueError
    return origins


def _page(value: object) -> str:
    address: str = TEXT.read(value)
    parts = re.fullmatch(r"([^/]+://[^/\s\\]+)(/[^\s\\]*)?", address)
    if parts is None:
        raise ValueError
    _site(parts[1])
    return address


def _numbers(value: object) -> Mapping[str, int]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise ValueError
    return MappingProxyType({name: integer(1).read(number) for name, number in value.items()})


def _aaguid(value: object) -> bytes:
    if not isinstance(value, str) or not re.fullmatch(f"(?i:{_UUID})", value):
        raise ValueError(f'a list of AAGUIDs such as "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", and not {value!r}')
    return bytes.fromhex(value.replace("-", ""))


def _models(value: object) -> AdmittedModels:
    if value == "device_bound":
        return AdmittedModels(device_bound=True)
    if not isinstance(value, Mapping) or len(value) != 1 or not {*value} <= {"allow", "deny"}:
        raise ValueError
    [(how, listed)] = value.items()
    models = frozenset(_list_of("", Rule("", _aaguid), bool).read(listed))
    return AdmittedModels(allowed=models) if how == "allow" else AdmittedModels(denied=models)


def _site(value: object) -> str:
    site: str = TEXT.read(value).removesuffix("/")
    if not site.startswith("http") or _serialized(site) != site:
        raise ValueError
    return site


def _file(value: object) -> str:
    """Read a path: settings of Django write them with ``BASE_DIR``, which is no text."""
    path: str = TEXT.read(str(value) if isinstance(value, PurePath) else value)
    if not path:  # which would be wherever the process was started
        raise ValueError
    return path


def _cookie(value: object) -> str:
    """Read the name of a cookie, a token as RFC 6265 section 4.1.1 has it, and none of its attributes."""
    name: str = TEXT.read(value)
    if name.lower().startswith("__host-"):
        raise ValueError(
            'a name without the prefix "__Host-", which wants the path "/", while this cookie has that of the mount '
            'point; "__Secure-" is a prefix that fits'
        )
    if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII) or Morsel().isReservedKey(name):
        raise ValueError
    return name


BOOLEAN = _matching("True or False", lambda value: isinstance(value, bool))
TEXT = _matching("a string", lambda value: isinstance(value, str))
PATH = _matching(
    'the dotted path of a class, such as "project.mfa.Thing"',
    lambda value: isinstance(value, str) and re.fullmatch(r"\w+(\.\w+)+", value),
)
DURATION = Rule(f'a duration such as "30s", "12h", "1d12h" or a timedelta, at most "{LONGEST.days}d"', duration)
DEADLINE = Rule('a date-time such as "2026-06-01T00:00:00Z"', _date_time) | DURATION
METHODS = _list_of(
    f"a list, not empty and with nothing twice, of {', '.join(BUILT_IN)} or dotted paths of classes",
    named(*BUILT_IN),
    _distinct,
)
PROVIDERS = named(*TOKEN_PROVIDERS) | _list_of("a list of these", named(*TOKEN_PROVIDERS), _distinct)
POLICY = Rule(named(*POLICIES).words, _policy)
REQUIREMENTS = Rule('a dict such as {"transfer": {"max_age": "5m", "phishing_resistant": True}}', _requirements)
ADAPTERS = Rule(f"a dict of dotted paths of classes by what they replace: {', '.join(PORTS)}", _adapters)
GROUPS = _list_of(
    'a list of names of groups, such as ["bankers"]',
    _matching("a name", lambda value: isinstance(value, str) and value),
)
# No browser takes an address for a domain: the last part is never a number.
DOMAIN = _matching(
    'a domain in lower case, without scheme and port, such as "example.com"',
    lambda value: isinstance(value, str) and re.fullmatch(r"([a-z0-9-]+\.)*[a-z0-9-]*[a-z][a-z0-9-]*", value),
)
ORIGINS = Rule(
    'a list of origins as browsers write them, such as "https://example.com", "http://localhost:8000", '
    '"android:apk-key-hash:" with 43 characters of url-safe base64, or "chrome-extension://" with the id',
    _origins,
)
PLACE = _matching(
    'the path or the name of a page, such as "/security/verify/" or "mfa_pages:verify"',
    lambda value: isinstance(value, str) and re.fullmatch(r"/(?![/\\])[^\s?#]*|[\w:.-]*\w", value),
)
SITE = Rule('the address at which the site answers, such as "https://example.com"', _site)
FILE = Rule('a path, as a string or a Path, such as BASE_DIR / "authenticators"', _file)
METADATA = Rule('the word "fido", or the path of the folder with the metadata statements, as a string or a Path', _file)
RELATED = Rule('a list of origins of pages, such as "https://example.co.uk"', _related)
HINTED = _list_of(
    f"a list of some of {', '.join(HINTS)}, each once", one_of(*HINTS), lambda chosen: len({*chosen}) == len(chosen)
)
ADDRESS = Rule('the address of a page, such as "https://example.com/security/"', _page)
MODELS = Rule('a dict {"allow": […]} or {"deny": […]} with a list of AAGUIDs, or "device_bound"', _models)
NUMBERS = integer(1) | Rule('a dict of such by the names of methods, such as {"webauthn": 10}', _numbers)
COOKIE = Rule('the name of a cookie, such as "mfa_trust"', _cookie)
SIGNATURES = _list_of(
    f"a list, the best first and with nothing twice, of {', '.join(ALGORITHM_NAMES)}",
    one_of(*ALGORITHM_NAMES),
    _distinct,
)
KEYS = _list_of("a list of keys, each the url-safe base64 of 32 random bytes", Rule("a key", _key), bool)
DIGITS = integer(1, MOST_DIGITS)
ALGORITHM = one_of("sha1", "sha256", "sha512")


# Settings


def _setting(default: object, rule: Rule, *, secret: bool = False) -> Any:  # noqa: ANN401 - as attrs.field itself
    # What is a dict has no hash, and differs where something else does, or seldom enough.
    hashed = False if isinstance(default, Mapping) or rule is NUMBERS else None
    return attrs.field(default=rule.read(default), repr=not secret, hash=hashed, metadata={"rule": rule})


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Config(ValueObject):
    """The settings of a deployment: each field is the key of ``MFA`` with the same name in capitals."""

    methods: tuple[str, ...] = _setting(("totp", "email", "recovery"), METHODS)
    token_provider: str | tuple[str, ...] = _setting("authtoken", PROVIDERS)
    required_verifications: int = _setting(1, integer(1))
    verification_policy: str = _setting("every_user", POLICY)
    verification_lifetime: timedelta | None = _setting(timedelta(days=30), optional(DURATION))
    requirements: Mapping[str, Requirement] = _setting({}, REQUIREMENTS)
    policy_groups: tuple[str, ...] = _setting((), GROUPS)
    registration_deadline: Deadline | None = _setting(None, optional(DEADLINE))
    step_up_status: int = _setting(403, one_of(*STEP_UP_STATUSES))
    trust_lifetime: timedelta | None = _setting(None, optional(DURATION))
    trust_cookie: str | None = _setting(None, optional(COOKIE))
    jwt_gate: JwtGate = _setting("database", one_of("database", "claims"))
    verification_throttle: str = _setting("recursive", named(*THROTTLES))
    verification_throttle_tryouts: int = _setting(5, integer(1))
    verification_throttle_timeout: timedelta = _setting(timedelta(seconds=30), DURATION)
    max_failures: int = _setting(100, integer(1))
    failure_memory: timedelta = _setting(timedelta(hours=24), DURATION)
    change_max_age: timedelta = _setting(timedelta(minutes=10), DURATION)
    totp_digits: int = _setting(6, DIGITS)
    totp_period: int = _setting(30, integer(1))
    totp_tolerance: int = _setting(1, integer(0, MOST_TOLERANCE))
    totp_algorithm: Algorithm = _setting("sha1", ALGORITHM)
    totp_issuer: str = _setting("", TEXT)
    hotp_digits: int = _setting(6, DIGITS)
    hotp_tolerance: int = _setting(3, integer(0, MOST_TOLERANCE))
    hotp_algorithm: Algorithm = _setting("sha1", ALGORITHM)
    hotp_issuer: str = _setting("", TEXT)
    hotp_resynchronise: bool = _setting(default=False, rule=BOOLEAN)
    email_code_digits: int = _setting(6, DIGITS)
    email_code_lifetime: timedelta = _setting(timedelta(minutes=10), DURATION)
    email_resend_interval: timedelta = _setting(timedelta(seconds=30), DURATION)
    email_hourly_limit: int = _setting(10, integer(1))
    email_sender: str | None = _setting(None, optional(PATH))
    sms_code_digits: int = _setting(6, DIGITS)
    sms_code_lifetime: timedelta = _setting(timedelta(minutes=10), DURATION)
    sms_resend_interval: timedelta = _setting(timedelta(seconds=30), DURATION)
    sms_hourly_limit: int = _setting(10, integer(1))
    sms_sender: str | None = _setting(None, optional(PATH))
    sms_default_region: str | None = _setting(None, optional(TEXT))
    webauthn_rp_id: str | None = _setting(None, optional(DOMAIN))
    webauthn_rp_name: str = _setting("", TEXT)
    webauthn_origins: tuple[str, ...] = _setting((), ORIGINS)
    webauthn_top_origins: tuple[str, ...] = _setting((), ORIGINS)
    webauthn_related_origins: tuple[str, ...] = _setting((), RELATED)
    webauthn_user_verification: UserVerification = _setting("preferred", one_of("required", "preferred", "discouraged"))
    webauthn_algorithms: tuple[str, ...] = _setting(("ES256", "EdDSA", "RS256"), SIGNATURES)
    webauthn_hints: tuple[str, ...] = _setting((), HINTED)
    webauthn_attachment: Attachment | None = _setting(None, optional(one_of("platform", "cross-platform")))
    webauthn_sign_count: Strictness = _setting("refuse", one_of("refuse", "report"))
    webauthn_backup_change: Strictness = _setting("refuse", one_of("refuse", "report"))
    webauthn_attestation: Attestation = _setting("none", one_of("none", "direct"))
    webauthn_metadata: str | None = _setting(None, optional(METADATA))
    webauthn_metadata_file: str | None = _setting(None, optional(FILE))
    webauthn_metadata_roots: str | None = _setting(None, optional(FILE))
    webauthn_models: AdmittedModels | None = _setting(None, optional(MODELS))
    webauthn_trust_roots: str | None = _setting(None, optional(FILE))
    passkey_login: bool = _setting(default=False, rule=BOOLEAN)
    passkey_enroll_url: str | None = _setting(None, optional(ADDRESS))
    passkey_manage_url: str | None = _setting(None, optional(ADDRESS))
    recovery_codes: int = _setting(10, integer(1, 100))
    encryption_keys: tuple[bytes, ...] | None = _setting(None, optional(KEYS), secret=True)
    enforce_rfc_guidance: bool = _setting(default=True, rule=BOOLEAN)
    max_devices_per_method: MostDevices = _setting(MOST_DEVICES, NUMBERS)
    registration_lifetime: timedelta = _setting(timedelta(hours=1), DURATION)
    audit: AuditLevel = _setting("changes", one_of("changes", "all", "off"))
    audit_retention: timedelta = _setting(timedelta(days=400), DURATION)
    trusted_proxies: int = _setting(0, integer(0, 100))
    notify: bool = _setting(default=True, rule=BOOLEAN)
    notify_url: str | None = _setting(None, optional(SITE))
    verify_url: str | None = _setting(None, optional(PLACE))
    adapters: Mapping[str, str] = _setting({}, ADAPTERS)
    container: str | None = _setting(None, optional(PATH))

    @property
    def token_providers(self) -> tuple[str, ...]:
        """Return the names or paths of the token providers, in the order in which they are asked."""
        return (self.token_provider,) if isinstance(self.token_provider, str) else self.token_provider

    @property
    def fido_metadata(self) -> bool:
        """Tell whether models of authenticators are known from the FIDO Metadata Service."""
        return self.webauthn_metadata == "fido"

    @property
    def most_devices(self) -> int:
        """Return how many active devices a user can have."""
        allowed = self.max_devices_per_method
        return sum(1 if name == "recovery" else most_devices(allowed, name) for name in self.methods)

    @property
    def foreign_origins(self) -> list[str]:
        """Return the pages that no browser lets use credentials of the relying party (WebAuthn section 5.1.3)."""
        pages = [each for each in self.webauthn_origins if each.startswith("http")]
        strange = [each for each in pages if not f".{urlsplit(each).hostname}".endswith(f".{self.webauthn_rp_id}")]
        return [each for each in strange if each not in self.webauthn_related_origins]

    @property
    def unlisted_origins(self) -> list[str]:
        """Return the related origins whose ceremonies are refused all the same."""
        return [each for each in self.webauthn_related_origins if each not in self.webauthn_origins]

    @property
    def related_labels(self) -> list[str]:
        """Return the names of which the related origins are, as browsers count them (section 5.11.1).

        Which suffixes are public is only guessed: two letters after three or fewer, as in ``co.uk``.
        """
        hosts = [urlsplit(each).hostname or "" for each in self.webauthn_related_origins]
        return [*dict.fromkeys(re.sub(r"\.([^.]{1,3}\.[^.]{2}|[^.]+)$", "", host).split(".")[-1] for host in hosts)]


def read(settings: object) -> tuple[Config, tuple[Problem, ...]]:
    """Read the dict ``MFA``; what cannot be used is left at its default and told of as a problem."""
    if not isinstance(settings, Mapping):
        return Config(), (Problem(key="MFA", message="MFA is not a dict.", hint='Write MFA = {"METHODS": […]}.'),)
    rules: dict[str, Rule] = {field.name.upper(): field.metadata["rule"] for field in attrs.fields(Config)}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in settings.items():
        if key not in rules:
            problems.append(_unknown(key, rules))
            continue
        try:
            values[key.lower()] = rules[key].read(value)
        except ValueError as error:
            words = str(error) or rules[key].words
            problems.append(Problem(key=key, message=f"MFA[{key!r}] cannot be used.", hint=f"Write {words}."))
    config, unusable = Config(**values), {problem.key for problem in problems}
    # Nothing is said of a setting that could not be read: it might not be true.
    clashes = [each for each in CLASHES if unusable.isdisjoint(each.keys) and each.happens(config)]
    told = [Problem(key=each.keys[0], message=each.message.format(config), hint=each.hint) for each in clashes]
    return config, (*problems, *told)


def _unknown(key: object, known: Iterable[str]) -> Problem:
    close = difflib.get_close_matches(str(key).upper(), known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Take it out; the keys are {', '.join(sorted(known))}."
    return Problem(key=str(key), message=f"MFA has no key {key!r}.", hint=hint)


# Clashes


@attrs.frozen(slots=False, eq=False, repr=False)
class Clash:
    """What must not be: the keys that it is about, the first of which is at fault; when it is so; and what to write."""

    keys: tuple[str, ...]
    happens: Callable[[Config], object]
    message: str
    hint: str


def _too_short(key: str) -> Clash:
    return Clash(
        (key, "ENFORCE_RFC_GUIDANCE"),
        lambda config: config.enforce_rfc_guidance and getattr(config, key.lower()) < FEWEST_DIGITS,
        f"MFA[{key!r}] is below the {FEWEST_DIGITS} digits of RFC 4226 section 4 (R4).",
        f"Write {FEWEST_DIGITS} or more, or set MFA['ENFORCE_RFC_GUIDANCE'] to False and bear the risk.",
    )


def _needed(method: str, key: str, hint: str) -> Clash:
    return Clash(
        (key, "METHODS"),
        lambda config: method in config.methods and not getattr(config, key.lower()),
        f'MFA["METHODS"] has "{method}", which needs MFA["{key}"].',
        hint,
    )


CLASHES = (
    *map(_too_short, ("TOTP_DIGITS", "HOTP_DIGITS", "EMAIL_CODE_DIGITS", "SMS_CODE_DIGITS")),
    _needed("sms", "SMS_SENDER", 'Name a sender, such as "mfa.adapters.senders.console.ConsoleSender".'),
    _needed("webauthn", "WEBAUTHN_RP_ID", "Write the domain that credentials are bound to for ever."),
    _needed("webauthn", "WEBAUTHN_ORIGINS", 'List the origins of your pages, such as ["https://example.com"].'),
    Clash(
        ("WEBAUTHN_ORIGINS", "WEBAUTHN_RP_ID", "WEBAUTHN_RELATED_ORIGINS"),
        lambda config: config.webauthn_rp_id is not None and config.foreign_origins,
        'MFA["WEBAUTHN_ORIGINS"] has {0.foreign_origins}, not under the domain "{0.webauthn_rp_id}" of WEBAUTHN_RP_ID.',
        "List pages of that domain, or below it; those of other domains in WEBAUTHN_RELATED_ORIGINS as well. Another "
        "WEBAUTHN_RP_ID loses every credential that is bound to this one.",
    ),
    Clash(
        ("WEBAUTHN_RELATED_ORIGINS", "WEBAUTHN_ORIGINS"),
        lambda config: config.unlisted_origins,
        'MFA["WEBAUTHN_RELATED_ORIGINS"] has {0.unlisted_origins}, which MFA["WEBAUTHN_ORIGINS"] has not.',
        "Write every related origin into both, or what its pages send is refused.",
    ),
    Clash(
        ("WEBAUTHN_TRUST_ROOTS", "WEBAUTHN_METADATA", "WEBAUTHN_ATTESTATION", "METHODS", "ADAPTERS"),
        lambda config: (
            "webauthn" in config.methods
            and config.webauthn_attestation == "direct"
            and config.webauthn_trust_roots is None
            and config.webauthn_metadata is None
            and "authenticator_metadata" not in config.adapters
        ),
        'MFA["WEBAUTHN_ATTESTATION"] is "direct", which needs MFA["WEBAUTHN_METADATA"] or MFA["WEBAUTHN_TRUST_ROOTS"].',
        'Write "fido" or a folder of metadata statements into the one, or into the other the folder of certificates '
        "that attestations must chain to.",
    ),
    Clash(
        ("PASSKEY_LOGIN", "METHODS"),
        lambda config: config.passkey_login and "webauthn" not in config.methods,
        'MFA["PASSKEY_LOGIN"] is True, but MFA["METHODS"] has no "webauthn".',
        'Add "webauthn" to MFA["METHODS"].',
    ),
    Clash(
        ("TRUST_COOKIE", "TRUST_LIFETIME"),
        lambda config: config.trust_cookie is not None and config.trust_lifetime is None,
        'MFA["TRUST_COOKIE"] names a cookie, but without MFA["TRUST_LIFETIME"] no browser is remembered.',
        'Write how long browsers are remembered, as in "TRUST_LIFETIME": "30d", or leave TRUST_COOKIE out.',
    ),
    Clash(
        ("JWT_GATE", "TOKEN_PROVIDER"),
        lambda config: config.jwt_gate == "claims" and {*config.token_providers} <= {*TOKEN_PROVIDERS} - {"jwt"},
        'MFA["JWT_GATE"] is "claims", but MFA["TOKEN_PROVIDER"] has no "jwt".',
        'Leave it out, or name "jwt" in MFA["TOKEN_PROVIDER"].',
    ),
    Clash(
        ("POLICY_GROUPS", "VERIFICATION_POLICY"),
        lambda config: config.verification_policy == "groups" and not config.policy_groups,
        'MFA["VERIFICATION_POLICY"] is "groups", but MFA["POLICY_GROUPS"] names no group.',
        'Name the groups to ask, such as ["bankers"].',
    ),
    Clash(
        ("METHODS",),
        lambda config: config.methods == ("recovery",),
        'MFA["METHODS"] has only "recovery", which needs another active device first.',
        'Add another method, such as "totp".',
    ),
    Clash(
        ("REQUIRED_VERIFICATIONS", "METHODS", "MAX_DEVICES_PER_METHOD"),
        lambda config: config.methods != ("recovery",) and config.required_verifications > config.most_devices,
        'MFA["REQUIRED_VERIFICATIONS"] demands more devices than the {0.most_devices} that a user can have.',
        'Write a smaller number, or more in MFA["MAX_DEVICES_PER_METHOD"] or MFA["METHODS"].',
    ),
)
"""All that settings may be right by themselves, but not together."""
