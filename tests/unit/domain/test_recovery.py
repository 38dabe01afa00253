import re
from base64 import b32decode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.domain.errors import MalformedValue, NotDispatchable
from mfa.domain.methods.base import Attempt, Enrolment
from mfa.domain.methods.recovery import CODE_BYTES, RecoveryCodes
from mfa.domain.secrets import SaltedHash
from mfa.domain.states import decode
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict
from tests.unit.domain.samples import NOW, PredictableEntropy

ENROLMENT = Enrolment(user_name="ann", now=NOW)


def registered(count: int = 10) -> tuple[bytes, list[str]]:
    registration = RecoveryCodes(count=count, entropy=PredictableEntropy()).register(ENROLMENT)
    codes = registration.shown["codes"]
    assert isinstance(codes, list)
    assert registration.destination is None
    return registration.state, codes


def judge(state: bytes, value: object) -> Verdict:
    verdict = RecoveryCodes(count=10, entropy=PredictableEntropy()).verify(Attempt(state=state, value=value, now=NOW))
    assert verdict.sent is None
    return verdict


def accepted(state: bytes, value: object) -> bytes:
    verdict = judge(state, value)
    assert isinstance(verdict, Accepted), verdict
    return verdict.state


def rejected(state: bytes, value: object) -> None:
    assert judge(state, value) == Rejected(reason=Reason.WRONG, state=state)


@pytest.mark.parametrize("count", [1, 10, 16])
def test_there_are_as_many_codes_as_are_set_and_all_differ(count: int) -> None:
    _, codes = registered(count)

    assert len(codes) == len(set(codes)) == count


def test_a_code_has_80_bits_in_groups_of_four() -> None:
    _, codes = registered()

    assert CODE_BYTES * 8 == 80
    for code in codes:
        assert re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", code)
        assert len(b32decode(code.replace("-", "").upper())) == CODE_BYTES


def test_the_codes_come_from_the_source_of_entropy() -> None:
    _, codes = registered()
    entropy = PredictableEntropy()

    assert [b32decode(code.replace("-", "").upper()) for code in codes] == [entropy.token(CODE_BYTES) for _ in codes]


def test_the_state_holds_hashes_and_no_code() -> None:
    state, codes = registered()

    for code in codes:
        assert code.encode() not in state
        assert code.replace("-", "").encode() not in state


def test_two_sets_share_no_salt() -> None:
    recovery = RecoveryCodes(count=1, entropy=PredictableEntropy())

    [first], [second] = (decode(tuple[SaltedHash, ...], recovery.register(ENROLMENT).state) for _ in range(2))

    assert first.salt != second.salt


def wide(code: str) -> str:
    """Write a code in the full width of East Asian keyboards."""
    return "".join(chr(ord(each) + 0xFEE0) for each in code)


@pytest.mark.parametrize(
    "typed",
    [
        str,
        str.upper,
        str.title,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code.replace('-', ' - ').swapcase()} ",
        lambda code: "-".join(code.replace("-", "")),
        lambda code: code.replace("-", "\N{NON-BREAKING HYPHEN}") + "\r\n",
        lambda code: code.replace("-", "\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}"),
        wide,
        lambda code: wide(code.upper()),
    ],
)
def test_a_code_may_be_typed_in_any_case_and_width_and_is_used_once(typed: Callable[[str], str]) -> None:
    state, codes = registered()
    code = codes[3]

    for first, second in ((code, typed(code)), (typed(code), code)):
        rejected(accepted(state, first), second)


def test_every_code_works_once() -> None:
    state, codes = registered()
    for code in codes:
        after = accepted(state, code)
        assert after != state
        rejected(after, code)
        rejected(after, code.upper())
        state = after

    for code in codes:
        rejected(state, code)


def test_burning_a_code_leaves_the_others() -> None:
    state, codes = registered()

    after = accepted(state, codes[5])

    for code in [*codes[:5], *codes[6:]]:
        accepted(after, code)


def test_a_new_set_makes_the_old_one_worthless() -> None:
    recovery = RecoveryCodes(count=2, entropy=PredictableEntropy())
    old, new = recovery.register(ENROLMENT), recovery.register(ENROLMENT)

    for code in old.shown["codes"]:  # type: ignore[attr-defined]
        rejected(new.state, code)


def test_all_that_is_left_is_compared_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def equal(left: bytes, right: bytes) -> bool:
        nonlocal compared
        compared += 1
        return left == right

    monkeypatch.setattr("mfa.domain.secrets.equal", equal)
    state, codes = registered()

    for code in codes:
        compared = 0
        accepted(state, code)
        assert compared == 10


@pytest.mark.parametrize(
    "change",
    [
        lambda code: "",
        lambda code: code[:-1],
        lambda code: code + "a",
        lambda code: code.replace("-", "_"),
        lambda code: code + "\N{COMBINING ACUTE ACCENT}",
        lambda code: code + "\ud800",
        lambda code: code[::-1],
    ],
)
def test_whatever_else_is_wrong(change: Callable[[str], str]) -> None:
    state, codes = registered()

    rejected(state, change(codes[0]))


@pytest.mark.parametrize(
    ("letter", "like"),
    [
        ("k", "\N{KELVIN SIGN}"),
        ("s", "\N{LATIN SMALL LETTER LONG S}"),
        ("i", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"),
        ("a", "\N{CYRILLIC SMALL LETTER A}"),
        ("a", "\N{MATHEMATICAL BOLD SMALL A}"),
    ],
)
def test_a_letter_that_is_only_like_another_is_wrong(letter: str, like: str) -> None:
    state, codes = registered(40)
    code = next(code for code in codes if letter in code)

    rejected(state, code.replace(letter, like))


@given(st.text(max_size=80))
def test_no_text_makes_verification_fail(value: str) -> None:
    rejected(registered(2)[0], value)


@pytest.mark.parametrize("value", [123456, None, True, ["abcd"], {}, "a" * 5000], ids=type)
def test_what_nobody_can_have_typed_is_malformed(value: object) -> None:
    with pytest.raises(MalformedValue):
        judge(registered()[0], value)


def test_there_is_nothing_to_dispatch() -> None:
    recovery = RecoveryCodes(count=10, entropy=PredictableEntropy())

    assert recovery.limits is None
    with pytest.raises(NotDispatchable):
        recovery.dispatch(registered()[0], NOW, {})


def test_its_traits() -> None:
    recovery = RecoveryCodes(count=10, entropy=PredictableEntropy())

    assert (recovery.name, recovery.guessable, recovery.phishing_resistant, recovery.backup) == (
        "recovery",
        False,
        False,
        True,
    )
    assert recovery.fields == ()
