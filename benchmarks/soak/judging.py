"""What was answered, beside what is stored: every sentence that is yielded is something that should never have been."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs
from django.contrib.auth import get_user_model
from knox.models import AuthToken

from benchmarks.soak.clients import DISPATCH, GUESS, MAILED, PAIR, REGISTER, RIGHT, TRUST, TRYOUTS, Attempt
from benchmarks.soak.mails import Mailed, Sent
from mfa.adapters.django.models import AccountRecord, AuditRecord, ChallengeRecord, DeviceRecord
from mfa.adapters.tokens.knox import known

OK = 200
REJECTED = 401

MOST_WRONG_VALUES, CODE_SECONDS = 5, 600
"""What a mailed code outlives, by default: so many wrong values less one, and so much time."""


@attrs.frozen(kw_only=True)
class Stored:
    """What the database has: by the name of the user, and the index of a device or the beginning of a token."""

    devices: Mapping[tuple[str, int], tuple[bool, int]]
    """Whether it is active, and its failures."""
    next_index: Mapping[str, int]
    confirmed: frozenset[tuple[str, str, int]]
    """By user, token and index."""
    trusted: frozenset[tuple[str, str]]
    audit: Mapping[tuple[str, str, int | None], int]
    """By user, event and index."""
    tokens: Mapping[str, str]
    """The beginnings of tokens, by what the package knows them by."""

    @classmethod
    def read(cls) -> "Stored":
        """Read it all."""
        names: dict[str, str] = {str(key): name for key, name in get_user_model().objects.values_list("pk", "username")}
        tokens: dict[str, str] = {known(row).id: row.token_key for row in AuthToken.objects.iterator()}
        challenges = ChallengeRecord.objects.values_list("account_id", "token", "index", "confirmed_at", "trusted_at")
        confirmed, trusted = set(), set()
        for user, token, index, confirmed_at, trusted_at in challenges.iterator():
            if confirmed_at is not None:
                confirmed.add((names[str(user)], tokens[token], index))
            if trusted_at is not None:
                trusted.add((names[str(user)], tokens[token]))
        audit = AuditRecord.objects.values_list("user_id", "event", "device_index")
        devices = DeviceRecord.objects.values_list("account_id", "index", "activated_at", "failures")
        accounts = AccountRecord.objects.values_list("pk", "next_index")
        return cls(
            devices={
                (names[str(user)], index): (at is not None, count) for user, index, at, count in devices.iterator()
            },
            next_index={names[str(user)]: index for user, index in accounts.iterator()},
            confirmed=frozenset(confirmed),
            trusted=frozenset(trusted),
            audit=Counter((names[str(user)], event, index) for user, event, index in audit.iterator()),
            tokens=tokens,
        )


def judged(
    attempts: Sequence[Attempt], stored: Stored, mailed: Mapping[str, Sequence[Mailed]], sent: Sequence[Sent]
) -> Iterator[str]:
    """Compare; ``mailed`` has the codes by address, ``sent`` all that were handed over, by the time."""
    yield from of_answers(attempts)
    yield from of_mails(mailed)
    for each, why in refused(attempts, stored, sent):
        if why is None:
            yield f"{each.user}: a mailed code of device {each.index} was refused that was the last, and fresh"
    of_users: defaultdict[str, list[Attempt]] = defaultdict(list)
    for each in attempts:
        of_users[each.user].append(each)
    for user, own in of_users.items():
        yield from of_user(user, own, stored)
    possible = {
        (each.user, each.token, each.index) for each in attempts if each.value and (each.status == OK or each.unknown)
    }
    yield from (
        f"{user}: a token is verified by {index} without a value" for user, token, index in stored.confirmed - possible
    )
    trusted = {(each.user, each.token) for each in attempts if each.act == TRUST}
    yield from (f"{user}: a token is verified by no browser that was shown" for user, token in stored.trusted - trusted)


def of_answers(attempts: Iterable[Attempt]) -> Iterator[str]:
    """Only what is expected, 503 or nothing is answered; each value is accepted once, and each right one is."""
    values: defaultdict[tuple[str, int | None, str], list[Attempt]] = defaultdict(list)
    guesses: Counter[str] = Counter()
    for each in attempts:
        if each.status not in {None, 503, *each.expected}:
            yield f"{each.user}: {each.act} at {each.index} was answered {each.status} {each.code}"
        if each.value:
            values[each.user, each.index, each.value].append(each)
        guesses[each.user] += each.act == GUESS and each.status == REJECTED
    for (user, index, _), tried in values.items():
        accepted = sum(each.status == OK for each in tried)
        if accepted > 1:
            yield f"{user}: one value of device {index} was accepted {accepted} times"
        if not accepted and tried[0].act in {RIGHT, PAIR} and not any(each.unknown for each in tried):
            yield f"{user}: a right value of device {index} was refused"
    yield from (
        f"{user}: {count} guesses in a row were looked at" for user, count in guesses.items() if count > TRYOUTS
    )


def of_mails(mailed: Mapping[str, Sequence[Mailed]]) -> Iterator[str]:
    """Each code is mailed once."""
    for address, arrived in mailed.items():
        if again := len(arrived) - len({each.code for each in arrived}):
            yield f"{address}: {again} codes were mailed again"


def refused(attempts: Sequence[Attempt], stored: Stored, sent: Sequence[Sent]) -> Iterator[tuple[Attempt, str | None]]:
    """Yield each mailed code that was refused, and why that was right; None where nothing that is noted says so."""
    of_tokens: defaultdict[tuple[str, int | None], tuple[list[Sent], list[Attempt]]]
    of_tokens = defaultdict(lambda: ([], []))
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for code in sent:
        of_tokens[stored.tokens[code.token], code.index][0].append(code)
        owners[code.value].add(stored.tokens[code.token])
    for each in attempts:
        of_tokens[each.token, each.index][1].append(each)
    for each in attempts:
        if each.act == MAILED and each.status == REJECTED:
            codes, own = of_tokens[each.token, each.index]
            if any(code.value == each.value for code in codes):
                yield each, _why(each, codes, own)
            else:
                yield each, "sent to another token" if owners[each.value] else None


def _why(refusal: Attempt, codes: Sequence[Sent], own: Sequence[Attempt]) -> str | None:
    handed_over = max(code.at for code in codes if code.value == refusal.value)
    since = [each for each in own if each.ended >= handed_over and each.began < refusal.began]
    if any(handed_over < code.at < refusal.ended for code in codes):
        return "replaced"
    if any(each.unknown and (each.act == DISPATCH or each.value == refusal.value) for each in since):
        return "perhaps replaced, void or used: a request before was not answered, or by 5xx"
    if sum(each.status == REJECTED for each in since) >= MOST_WRONG_VALUES:
        return "void after wrong values"
    return "expired" if refusal.began - handed_over > CODE_SECONDS else None


def of_user(user: str, own: Sequence[Attempt], stored: Stored) -> Iterator[str]:
    """What was acknowledged is stored, what was counted was answered, and no token is verified without a value."""
    verified = [each for each in own if each.value and each.index is not None]
    removals = [each for each in own if each.act == "remove"]
    removed = {each.index for each in removals}
    for index in sorted({each.index for each in own if each.index is not None}):
        here = [each for each in verified if each.index == index]
        accepted = {each.value for each in here if each.status == OK}
        in_doubt = {each.value for each in here if each.unknown}
        active, failures = stored.devices.get((user, index), (False, 0))
        if accepted and not active and index not in removed:
            yield f"{user}: device {index} was activated, and is not there"
        rows = stored.audit.get((user, "verification.accepted", index), 0)
        if not len(accepted) <= rows <= len(accepted | in_doubt):
            yield f"{user}: {len(accepted)} values of {index} were answered as right, and {rows} are in the trail"
        rejected = sum(each.status == REJECTED for each in here)
        rows = stored.audit.get((user, "verification.rejected", index), 0)
        if not rejected <= rows <= rejected + sum(each.unknown for each in here):
            yield f"{user}: {rejected} rejections of {index} were answered, and {rows} are in the trail"
        guessed = [each for each in here if each.act == GUESS]
        counted = sum(each.status == REJECTED for each in guessed)
        if guessed and not counted <= failures <= counted + sum(each.unknown for each in guessed):
            yield f"{user}: {counted} guesses at {index} were answered, and {failures} are counted"
        acknowledged = {(user, each.token, index) for each in here if each.status == OK}
        if index not in removed and (lost := acknowledged - stored.confirmed):
            yield f"{user}: {len(lost)} verifications by {index} were acknowledged, and are not there"
    registered = [each.index for each in own if each.act == REGISTER and each.index is not None]
    if registered and stored.next_index.get(user, 0) <= max(registered):
        yield f"{user}: device {max(registered)} was registered, and its index is free"
    for each in removals:
        if each.status == 204 and (user, each.index) in stored.devices:
            yield f"{user}: device {each.index} was removed, and is there"
