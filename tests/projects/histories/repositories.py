"""A repository that breaks a rule on demand, and has some broken that are none of its own."""

from collections.abc import Callable
from typing import Any

import attrs
from django.db import connection
from knox.models import AbstractAuthToken
from rest_framework.authentication import SessionAuthentication

from mfa.adapters.django import prepared
from mfa.adapters.django.database import database
from mfa.adapters.django.models import AccountRecord, ChallengeRecord
from mfa.adapters.django.repositories import DjangoAccountRepository, _account_fields
from mfa.adapters.tokens import knox
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge, SpentLogin
from mfa.domain.devices import Factor
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.methods import out_of_band, webauthn
from mfa.domain.proofs import Proofs
from mfa.domain.throttling import Failures
from mfa.domain.trusts import Trust
from tests.projects.histories.flaws import chosen

_passed: dict[TokenId, Proofs[Any]] = {}


class FlawedAccountRepository(DjangoAccountRepository):
    def proofs(self, user_id: UserId, token_id: TokenId, *, trusts: bool) -> Proofs[Factor]:
        match chosen():
            case "cached":
                found = _passed.get(token_id) or super().proofs(user_id, token_id, trusts=trusts)
                if found.challenges:
                    _passed[token_id] = found
                return found
            case "unbound":
                key: Any = user_id
                tokens = ChallengeRecord.objects.filter(account_id=key).values_list("token", flat=True)
                for each in (token_id, *map(TokenId, tokens)):
                    found = super().proofs(user_id, each, trusts=trusts)
                    if found.challenges:
                        return found
            case "failing":
                raise ZeroDivisionError
        return super().proofs(user_id, token_id, trusts=trusts)

    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        return super().save(before, _spoiled(before, after), spending=spending)

    def _compare_and_set(self, before: Account, stored: Account) -> None:
        if before.version and chosen() == "uncompared":
            prepared.update(database(), AccountRecord, _account_fields(stored, before), user=before.user_id)
        else:
            super()._compare_and_set(before, stored)

    def _write_challenges(self, before: Account, after: Account) -> None:
        if chosen() == "torn":
            with connection.cursor() as cursor:
                cursor.execute("COMMIT")
                cursor.execute("BEGIN")
        super()._write_challenges(before, after)


def _spoiled(before: Account, after: Account) -> Account:
    """What is stored instead."""
    flaw, locking = chosen(), after.generation != before.generation
    left = {each.index for each in after.devices}
    removing = not locking and any(each.active and each.index not in left for each in before.devices)
    forgetting = not locking and not removing and len(after.trusts) < len(before.trusts)
    instead: dict[str, Any] = {}
    match flaw:
        case "unburned":
            states = {device.index: device.state for device in before.devices}
            devices = (attrs.evolve(each, state=states.get(each.index, each.state)) for each in after.devices)
            instead["devices"] = tuple(devices)
        case "uncounted":
            instead["devices"] = tuple(attrs.evolve(each, failures=Failures()) for each in after.devices)
        case "reusable" | "unreplaced" | "unvoided" | "unspent":
            out = {each.index: each for each in before.challenges if each.sent and before.token_id == after.token_id}
            refused = "unvoided" if after.devices != before.devices else "unspent"
            if flaw != refused or after.sends == before.sends:
                challenges = (_still_out(flaw, refused, out.get(each.index, each), each) for each in after.challenges)
                instead["challenges"] = tuple(challenges)
        case "unlimited":
            instead["sends"] = before.sends
        case "uncapped":
            instead["sends"] = {name: attrs.evolve(sends, recent=()) for name, sends in after.sends.items()}
        case "enrolling":
            instead["locked_down"] = False
    if {"trusting": locking, "unrevoked": removing, "unforgotten": forgetting}.get(flaw):
        instead["trusts"] = before.trusts
    return attrs.evolve(after, **instead)


def _still_out(flaw: str, refused: str, old: Challenge, new: Challenge) -> Challenge:
    """A challenge in which is still out what was, where what happened to it has that flaw."""
    happened = refused
    if new.dispatched_at != old.dispatched_at:
        happened = "unreplaced"
    elif new.confirmed_at != old.confirmed_at:
        happened = "reusable"
    return attrs.evolve(new, sent=old.sent) if flaw == happened else new


def _with_flaw(flaw: str, owner: Any, name: str, instead: Callable[..., object]) -> None:  # noqa: ANN401 - a class or module
    """Has something else done in the place of a function, while that flaw is chosen."""
    rightly = getattr(owner, name)

    def done(*given: object, **named: object) -> object:
        return instead(*given, **named) if chosen() == flaw else rightly(*given, **named)

    setattr(owner, name, done)


_with_flaw("unexpired", out_of_band, "expired", lambda *_, **__: False)
_with_flaw("undelivered", Account, "undelivered", lambda account, *_: account)
_with_flaw("unchanged", Trust, "holds", lambda *_: True)
_with_flaw("unended", knox, "end_rows", lambda *_: 0)
_with_flaw("logged in", AbstractAuthToken, "delete", lambda *_: None)
_with_flaw("unrisen", webauthn, "_rises", lambda *_: True)
_with_flaw("weak", Account, "strong", lambda *_: True)
_with_flaw("disowned", SessionAuthentication, "authenticate", lambda *_: None)
