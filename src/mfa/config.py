"""Every setting, typed, with its default and its rule; read once from the one dict ``MFA``."""

import base64
import binascii
import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

import attrs

from mfa.domain.methods.names import BUILT_IN
from mfa.domain.methods.one_time_password import Algorithm
from mfa.domain.methods.webauthn import Attestation, UserVerification
from mfa.domain.policies import Deadline, Requirement, UncheckedNames

TOKEN_PROVIDERS = ("authtoken", "knox", "jwt", "session")
THROTTLES = ("recursive", "simple")
POLICIES = {
    "every_user": "mfa.domain.policies.EveryUser",
    "enrolled_users": "mfa.domain.policies.EnrolledUsers",
    "staff": "mfa.domain.policies.Staff",
    "groups": "mfa.domain.policies.Groups",
}
"""The built-in policies by name; their dotted paths mean the same."""

ALGORITHMS = ("sha1", "sha256", "sha512")
USER_VERIFICATIONS = ("required", "preferred", "discouraged")
ATTESTATIONS = ("none", "direct")
JWT_GATES = ("database", "claims")

JwtGate = Literal["database", "claims"]
"""Who says whether a JSON web token may pass: the account as it is now, or the token as it was made."""

KEY_BYTES = 32
MOST_DIGITS = 10
FEWEST_DIGITS = 6
"""RFC 4226 section 4, R4: a value has at least six digits; ten are all that 31 bits can fill."""

MOST_TOLERANCE = 100

LONGEST = timedelta(days=3650)
"""Ten years, so that no sum of a time and a duration leaves the calendar, not even the longest wait of a throttle."""

STEP_UP_STATUSES = (401, 403)
"""RFC 9470 section 3 answers 401, which clients of Django REST framework take for the end of a token; hence 403."""

_DATE_TIME = r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d(\.\d{1,6})?(z|[+-]\d\d:\d\d)"

_DURATION = r"(?=.)" + "".join(
    f"(?:(?P<{unit}>[0-9]{{1,9}}){unit[0]})?" for unit in ("days", "hours", "minutes", "seconds")
)

_Rule = Callable[[object], Any]


@attrs.frozen(kw_only=True)
class Problem:
    """A setting that cannot be used, and what to write instead."""

    key: str
    message: str
    hint: str


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")  # noqa: TRY004 - one error for all rules: the words are the hint
    return value


def _path(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\w+(\.\w+)+", value):
        raise ValueError('the dotted path of a class, such as "project.mfa.Thing"')
    return value


def _optional(rule: _Rule) -> _Rule:
    def read(value: object) -> object:
        return None if value is None else rule(value)

    return read


def _named(names: Sequence[str]) -> _Rule:
    def read(value: object) -> str:
        if isinstance(value, str) and value in names:
            return value
        try:
            return _path(value)
        except ValueError:
            raise ValueError(f"one of {', '.join(names)}, or the dotted path of a class") from None

    return read


def _names(names: Sequence[str]) -> _Rule:
    one = _named(names)

    def read(value: object) -> tuple[str, ...]:
        hint = f"a list, not empty and with nothing twice, of {', '.join(names)} or dotted paths of classes"
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(hint)
        try:
            chosen = tuple(one(each) for each in value)
        except ValueError:
            raise ValueError(hint) from None
        if len(set(chosen)) < len(chosen):
            raise ValueError(hint)
        return chosen

    return read


def _named_or_names(names: Sequence[str]) -> _Rule:
    one, several = _named(names), _names(names)

    def read(value: object) -> str | tuple[str, ...]:
        read: str | tuple[str, ...] = several(value) if isinstance(value, list | tuple) else one(value)
        return read

    return read


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")  # noqa: TRY004 - one error for all rules: the words are the hint
    return value


def _number(least: int, most: int | None = None) -> _Rule:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least or (most or value) < value:
            raise ValueError(f"an integer from {least} to {most}" if most else f"an integer of {least} or more")
        return value

    return read


def duration(value: object) -> timedelta:
    """Read a duration: a ``timedelta``, or a text such as ``"30s"``, ``"12h"`` or ``"1d12h"``, the larger units first.

    Raises ``ValueError`` for all else, and for what is not longer than nothing or longer than ten years.
    """
    read = value if isinstance(value, timedelta) else timedelta(0)
    match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
    if match:
        read = timedelta(**{unit: int(number) for unit, number in match.groupdict(default="0").items()})
    if not timedelta(0) < read <= LONGEST:
        raise ValueError(f'a duration such as "30s", "12h", "1d12h" or a timedelta, at most "{LONGEST.days}d"')
    return read


def deadline(value: object) -> datetime | timedelta:
    """Read a moment as RFC 3339 section 5.6 writes it, or a duration; raises ``ValueError`` for all else."""
    if isinstance(value, str) and re.fullmatch(_DATE_TIME, value, re.ASCII | re.IGNORECASE):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    try:
        return duration(value)
    except ValueError:
        raise ValueError('a date-time such as "2026-06-01T00:00:00Z", or a duration such as "14d"') from None


def _policy(value: object) -> str:
    name: str = _named(tuple(POLICIES))(value)
    return next((short for short, path in POLICIES.items() if path == name), name)


def _requirement(name: str, value: object) -> Requirement:
    """Make a requirement of a dict of its arguments; raises ``ValueError``."""
    arguments = [field.name for field in attrs.fields(Requirement)]
    if not isinstance(value, Mapping) or not set(value) <= {*arguments}:
        raise ValueError(f"a dict with some of {', '.join(arguments)} as the requirement {name!r}")
    given = dict(value)
    try:
        if given.get("max_age") is not None:
            given["max_age"] = duration(given["max_age"])
        names = given.get("methods")
        if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
            given["methods"] = UncheckedNames(names)
        return Requirement(**given)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a requirement {name!r} that can be met: {error}") from None


def _requirements(value: object) -> Mapping[str, Requirement]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) and name for name in value):
        raise ValueError('a dict such as {"transfer": {"max_age": "5m", "phishing_resistant": True}}')
    return MappingProxyType({name: _requirement(name, each) for name, each in value.items()})


def _group_names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) and name for name in value):
        raise ValueError('a list of names of groups, such as ["bankers"]')
    return tuple(value)


def _status(value: object) -> int:
    if isinstance(value, bool) or value not in STEP_UP_STATUSES:
        raise ValueError(f"one of {', '.join(map(str, STEP_UP_STATUSES))}")
    return int(str(value))


def _one_of(names: Sequence[str]) -> _Rule:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return value

    return read


def _origins(value: object) -> tuple[str, ...]:
    hint = 'a list of origins, such as ["https://example.com"], each without a path'
    if not isinstance(value, list | tuple) or not all(isinstance(origin, str) for origin in value):
        raise ValueError(hint)
    if not all(re.fullmatch(r"https?://[^/\s?#@]+|[a-z][a-z0-9+.-]*:[^/\s?#]+", origin) for origin in value):
        raise ValueError(hint)
    return tuple(value)


def _domain(value: object) -> str:
    # No browser takes an address for a domain: the last part is never a number.
    if not isinstance(value, str) or not re.fullmatch(r"([a-z0-9-]+\.)*[a-z0-9-]*[a-z][a-z0-9-]*", value):
        raise ValueError('a domain in lower case, without scheme and port, such as "example.com"')
    return value


def _keys(value: object) -> tuple[bytes, ...]:
    hint = "a list of keys, each the url-safe base64 of 32 random bytes"
    if not isinstance(value, list | tuple) or not value or not all(isinstance(key, str) for key in value):
        raise ValueError(hint)
    try:
        keys = tuple(base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True) for key in value)
    except (binascii.Error, ValueError):
        # Not chained: the message of a decoding error may quote the key.
        raise ValueError(hint) from None
    if any(len(key) != KEY_BYTES for key in keys):
        raise ValueError(hint)
    return keys


def _setting(
    default: object,
    rule: _Rule,
    *,
    secret: bool = False,
    hash: bool | None = None,  # noqa: A002 - as attrs calls it
) -> Any:  # noqa: ANN401 - as attrs.field itself
    return attrs.field(default=default, repr=not secret, hash=hash, metadata={"rule": rule})


_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_OTP_DIGITS = _number(1, MOST_DIGITS)


@attrs.frozen(kw_only=True)
class Config:
    """The settings of a deployment: each field is the key of ``MFA`` with the same name in capitals."""

    methods: tuple[str, ...] = _setting(("totp", "email", "recovery"), _names(BUILT_IN))
    token_provider: str | tuple[str, ...] = _setting("authtoken", _named_or_names(TOKEN_PROVIDERS))
    required_verifications: int = _setting(1, _number(1))
    verification_policy: str = _setting("every_user", _policy)
    verification_lifetime: timedelta | None = _setting(30 * _DAY, _optional(duration))
    requirements: Mapping[str, Requirement] = _setting(MappingProxyType({}), _requirements, hash=False)
    policy_groups: tuple[str, ...] = _setting((), _group_names)
    registration_deadline: Deadline | None = _setting(None, _optional(deadline))
    step_up_status: int = _setting(403, _status)
    trust_lifetime: timedelta | None = _setting(None, _optional(duration))
    jwt_gate: JwtGate = _setting("database", _one_of(JWT_GATES))
    verification_throttle: str = _setting("recursive", _named(THROTTLES))
    verification_throttle_tryouts: int = _setting(5, _number(1))
    verification_throttle_timeout: timedelta = _setting(30 * _SECOND, duration)
    max_failures: int = _setting(100, _number(1))
    failure_memory: timedelta = _setting(_DAY, duration)
    change_max_age: timedelta = _setting(10 * _MINUTE, duration)
    totp_digits: int = _setting(6, _OTP_DIGITS)
    totp_period: int = _setting(30, _number(1))
    totp_tolerance: int = _setting(1, _number(0, MOST_TOLERANCE))
    totp_algorithm: Algorithm = _setting("sha1", _one_of(ALGORITHMS))
    totp_issuer: str = _setting("", _text)
    hotp_digits: int = _setting(6, _OTP_DIGITS)
    hotp_tolerance: int = _setting(3, _number(0, MOST_TOLERANCE))
    hotp_algorithm: Algorithm = _setting("sha1", _one_of(ALGORITHMS))
    hotp_issuer: str = _setting("", _text)
    hotp_resynchronise: bool = _setting(default=False, rule=_boolean)
    email_code_digits: int = _setting(6, _OTP_DIGITS)
    email_code_lifetime: timedelta = _setting(10 * _MINUTE, duration)
    email_resend_interval: timedelta = _setting(30 * _SECOND, duration)
    email_hourly_limit: int = _setting(10, _number(1))
    email_sender: str | None = _setting(None, _optional(_path))
    sms_code_digits: int = _setting(6, _OTP_DIGITS)
    sms_code_lifetime: timedelta = _setting(10 * _MINUTE, duration)
    sms_resend_interval: timedelta = _setting(30 * _SECOND, duration)
    sms_hourly_limit: int = _setting(10, _number(1))
    sms_sender: str | None = _setting(None, _optional(_path))
    sms_default_region: str | None = _setting(None, _optional(_text))
    webauthn_rp_id: str | None = _setting(None, _optional(_domain))
    webauthn_rp_name: str = _setting("", _text)
    webauthn_origins: tuple[str, ...] = _setting((), _origins)
    webauthn_top_origins: tuple[str, ...] = _setting((), _origins)
    webauthn_user_verification: UserVerification = _setting("preferred", _one_of(USER_VERIFICATIONS))
    webauthn_attestation: Attestation = _setting("none", _one_of(ATTESTATIONS))
    webauthn_metadata: str | None = _setting(None, _optional(_text))
    webauthn_trust_roots: str | None = _setting(None, _optional(_text))
    passkey_login: bool = _setting(default=False, rule=_boolean)
    recovery_codes: int = _setting(10, _number(1, 100))
    encryption_keys: tuple[bytes, ...] | None = _setting(None, _optional(_keys), secret=True)
    enforce_rfc_guidance: bool = _setting(default=True, rule=_boolean)
    max_devices_per_method: int = _setting(5, _number(1))
    registration_lifetime: timedelta = _setting(_HOUR, duration)
    container: str | None = _setting(None, _optional(_path))

    @property
    def token_providers(self) -> tuple[str, ...]:
        """Return the names or paths of the token providers, in the order in which they are asked."""
        return (self.token_provider,) if isinstance(self.token_provider, str) else self.token_provider


def read(settings: object) -> tuple[Config, tuple[Problem, ...]]:
    """Read the dict ``MFA``; what cannot be used is left at its default and told of as a problem."""
    if not isinstance(settings, Mapping):
        return Config(), (Problem(key="MFA", message="MFA is not a dict.", hint='Write MFA = {"METHODS": […]}.'),)
    rules = {field.name.upper(): field.metadata["rule"] for field in attrs.fields(Config)}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in settings.items():
        if key not in rules:
            problems.append(_unknown(key, rules))
            continue
        try:
            values[key.lower()] = rules[key](value)
        except ValueError as error:
            problems.append(Problem(key=key, message=f"MFA[{key!r}] cannot be used.", hint=f"Write {error}."))
    config = Config(**values)
    return config, (*problems, *_impossible(config))


def _unknown(key: object, known: Mapping[str, object]) -> Problem:
    close = difflib.get_close_matches(str(key).upper(), known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Take it out; the keys are {', '.join(sorted(known))}."
    return Problem(key=str(key), message=f"MFA has no key {key!r}.", hint=hint)


def _impossible(config: Config) -> Iterator[Problem]:
    """Tell of settings that are right by themselves, but not together."""
    if config.enforce_rfc_guidance:
        yield from _too_short(config)
    if "sms" in config.methods and config.sms_sender is None:
        message = 'MFA["METHODS"] has "sms", but nothing sends them.'
        hint = 'Name a sender in MFA["SMS_SENDER"], such as "mfa.adapters.senders.console.ConsoleSender".'
        yield Problem(key="SMS_SENDER", message=message, hint=hint)
    if "webauthn" in config.methods:
        yield from _unbound(config)
    elif config.passkey_login:
        message = 'MFA["PASSKEY_LOGIN"] is True, but MFA["METHODS"] has no "webauthn".'
        yield Problem(key="PASSKEY_LOGIN", message=message, hint='Add "webauthn" to MFA["METHODS"].')
    if config.jwt_gate == "claims" and set(config.token_providers) <= {*TOKEN_PROVIDERS} - {"jwt"}:
        message = 'MFA["JWT_GATE"] is "claims", but MFA["TOKEN_PROVIDER"] has no "jwt".'
        yield Problem(key="JWT_GATE", message=message, hint='Leave it out, or name "jwt" in MFA["TOKEN_PROVIDER"].')
    if config.verification_policy == "groups" and not config.policy_groups:
        message = 'MFA["VERIFICATION_POLICY"] is "groups", but MFA["POLICY_GROUPS"] names no group.'
        yield Problem(key="POLICY_GROUPS", message=message, hint='Name the groups to ask, such as ["bankers"].')
    if set(config.methods) == {"recovery"}:
        message = 'MFA["METHODS"] has only "recovery", which needs another active device first.'
        yield Problem(key="METHODS", message=message, hint='Add another method, such as "totp".')
        return
    most = sum(1 if name == "recovery" else config.max_devices_per_method for name in config.methods)
    if config.required_verifications > most:
        message = f'MFA["REQUIRED_VERIFICATIONS"] demands more devices than the {most} that a user can have.'
        hint = f'Write {most} or less, or more in MFA["MAX_DEVICES_PER_METHOD"] or MFA["METHODS"].'
        yield Problem(key="REQUIRED_VERIFICATIONS", message=message, hint=hint)


def _too_short(config: Config) -> Iterator[Problem]:
    for key in ("TOTP_DIGITS", "HOTP_DIGITS", "EMAIL_CODE_DIGITS", "SMS_CODE_DIGITS"):
        if getattr(config, key.lower()) < FEWEST_DIGITS:
            message = f"MFA[{key!r}] is below the {FEWEST_DIGITS} digits of RFC 4226 section 4 (R4)."
            hint = f"Write {FEWEST_DIGITS} or more, or set MFA['ENFORCE_RFC_GUIDANCE'] to False and bear the risk."
            yield Problem(key=key, message=message, hint=hint)


def _unbound(config: Config) -> Iterator[Problem]:
    """Tell of a relying party that no browser would accept, or whose attestations could not be checked."""
    if config.webauthn_rp_id is None:
        message = 'MFA["METHODS"] has "webauthn", which needs MFA["WEBAUTHN_RP_ID"].'
        hint = 'Write the domain that credentials are bound to for ever, such as "example.com".'
        yield Problem(key="WEBAUTHN_RP_ID", message=message, hint=hint)
    if not config.webauthn_origins:
        message = 'MFA["METHODS"] has "webauthn", which needs MFA["WEBAUTHN_ORIGINS"].'
        hint = 'List the origins of your pages, such as ["https://example.com"].'
        yield Problem(key="WEBAUTHN_ORIGINS", message=message, hint=hint)
    if config.webauthn_attestation == "direct" and config.webauthn_trust_roots is None:
        message = 'MFA["WEBAUTHN_ATTESTATION"] is "direct", which needs MFA["WEBAUTHN_TRUST_ROOTS"].'
        hint = "Name the folder of certificates that attestations must chain to."
        yield Problem(key="WEBAUTHN_TRUST_ROOTS", message=message, hint=hint)
