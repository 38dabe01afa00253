"""What every page has in common: who comes, what is refused, and what nobody may keep or frame."""

from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from http import HTTPStatus
from typing import Any, TypeVar

import attrs
from django.db import connections, transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.http.request import split_domain_port
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect

from mfa.adapters import accessor, requests
from mfa.adapters.answers import REJECTED_CODE, Answer, answer_to, token_required, unauthenticated
from mfa.adapters.django import leading
from mfa.adapters.django.decorators import verification_exempt
from mfa.adapters.django.gate import respond
from mfa.application.ports.tokens import PreparedToken
from mfa.application.standing import Assessment
from mfa.application.transactions import ListedDevice
from mfa.application.use_cases import UseCases
from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.errors import DeviceNotFound, MfaError, Refused
from mfa.domain.identifiers import Token
from mfa.domain.policies import Confirmation
from mfa.domain.rules import Rules

VERIFY = "mfa_pages:verify"
DEVICES = "mfa_pages:devices"
CONFIRM = "mfa_pages:confirm"

SENT = "sent"
"""Says that a code is on its way."""

_STATE = (leading.METHODS, leading.NOT_DONE, SENT)
"""What a page is told by its address, and tells itself when a form was wrong."""

_CORRECTABLE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})
"""What is answered where a person has typed something wrong."""

Done = TypeVar("Done")

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Nobody keeps a page, so the back button shows no secret again, and nobody frames one (CWE-1021)."""


@attrs.define(eq=False, slots=False, repr=False)
class Visit:
    """A request to a page, by somebody who has logged in."""

    request: HttpRequest
    use_cases: UseCases
    token: Token

    @property
    def posted(self) -> bool:
        """Tell whether a form was sent."""
        return self.request.method == "POST"

    @property
    def next(self) -> str:
        """Return where to go when all is done, on this site; empty where nobody said."""
        asked = self.request.POST if self.posted else self.request.GET
        return leading.same_site(self.request, asked.get(leading.NEXT))

    def field(self, name: str) -> str:
        """Return what a form holds; empty where that is nothing."""
        return str(self.request.POST.get(name, ""))

    @cached_property
    def account(self) -> Account:
        """The account as the request meets it."""
        return self.use_cases.assess_token.account(self.token)

    @cached_property
    def assessment(self) -> Assessment:
        """How the session stands."""
        return self.use_cases.assess_token.judge(self.account)

    @cached_property
    def devices(self) -> tuple[ListedDevice, ...]:
        """What the session may know of."""
        return self.use_cases.list_devices(self.token, account=self.account)

    def device(self, index: int) -> ListedDevice:
        """Return one of these; raises ``DeviceNotFound``."""
        for each in self.devices:
            if each.device.index == index:
                return each
        raise DeviceNotFound(index)

    def demand_standing(self) -> None:
        """Show nothing to whoever has to verify first, but much to whoever has nothing left to verify with."""
        if not self.assessment.may_register and self.assessment.refusal() is not None:
            raise self.assessment.policy_refusal()

    @property
    def fresh(self) -> bool:
        """Tell whether the last verification is fresh enough, and strong enough, for a change."""
        try:
            self.account.demand_fresh(self.assessment.required, self._rules, self.assessment.assessed_at)
        except Refused:
            return False
        return True

    def strong(self, device: Device) -> bool:
        """Tell whether a proof by a device is as strong as a change wants."""
        proof = Confirmation(index=device.index, method=device.method, at=self.assessment.assessed_at)
        return self.account.strong(proof, self._rules)

    @property
    def _rules(self) -> Rules:
        return self.use_cases.assess_token.transactions.rules

    @cached_property
    def successor(self) -> PreparedToken | None:
        """What the session is renewed by, once a verification is stored under that."""
        renewer = self.use_cases.credential_renewer
        return None if renewer is None else renewer.successor(self.request)

    @property
    def renewed(self) -> Token | None:
        """Return the token under which a verification is stored then."""
        return None if self.successor is None else self.successor.token

    def renew(self) -> None:
        """Give the session another key and another identity."""
        if self.successor is not None:
            self.successor.issue()

    @property
    def host(self) -> str:
        """Return the host that is asked, without its port."""
        return split_domain_port(self.request.get_host())[0]

    @property
    def state(self) -> dict[str, str]:
        """Return what the page is told by its address."""
        return {name: self.request.GET.get(name, "") for name in _STATE}

    def action(self, page: str, *arguments: object, **state: str) -> str:
        """Return where a form is sent: to a page in the state in which it is shown, but for what is given."""
        return leading.address(reverse(page, args=arguments), {**self.state, **state})

    def to(self, page: str, *arguments: object, **asked: str) -> HttpResponse:
        """Send the browser to a page, with what is asked of it, and where to go after that."""
        return leading.sent(reverse(page, args=arguments), {leading.NEXT: self.next, **asked})

    def done(self, **asked: str) -> HttpResponse:
        """Send the browser where it wanted to go, or to the devices."""
        return HttpResponseRedirect(self.next) if self.next else self.to(DEVICES, **asked)

    def shown(self, page: str, error: Answer | None = None, **context: object) -> HttpResponse:
        """Render a page, in the state in which it is asked for, and with what was wrong with a form.

        That nothing was done yet is no longer so once the form is sent again; a page that verifies goes on saying it.
        """
        state = {
            "remembers": self.use_cases.remembers_browsers,
            "enrolled": self.assessment.enrolled,
            "fresh": self.fresh,
            "next": self.next,
            "not_done": leading.NOT_DONE in self.request.GET and (page == "verify" or not self.posted),
        }
        return self.said(page, error, **state, **context)

    def said(self, page: str, error: Answer | None, **context: object) -> HttpResponse:
        """Render a page, which needs no account for that; an error gives its status, unless a person can correct it."""
        common = {
            "page": page,
            "person": self.request.user,
            "issuer": self.use_cases.issuer,
            "error": None if error is None else sentence_of(error.body),
            "wait": None if error is None else error.body.get("retry_after"),
            "invalid": error is not None and error.status in _CORRECTABLE,
            "rejected": error is not None and error.body.get("code") == REJECTED_CODE,
        }
        response = render(self.request, f"mfa/pages/{page}.html", {**common, **context})
        if error is not None and error.status not in _CORRECTABLE:
            response.status_code = error.status
            for name, value in error.headers.items():
                response[name] = value
        return response


def tried(act: Callable[[], Done]) -> tuple[Done | None, Answer | None]:
    """Do something, and return what came of it, or why not where the page itself has to say so.

    A device that is nowhere, and what wants a verification first, is raised: no page says that beside a form.
    """
    try:
        return act(), None
    except (DeviceNotFound, Refused):
        raise
    except MfaError as error:
        return None, answer_to(error, "")


def told(visit: Visit, act: Callable[[], Mapping[str, object]]) -> HttpResponse:
    """Do something for a script, and tell it what came of it, or why not."""
    try:
        return JsonResponse(act())
    except MfaError as error:
        return respond(answer_to(error, visit.token.scheme, visit.use_cases.step_up_status))


def sentence_of(said: Any) -> str:  # noqa: ANN401 - JSON
    """Return the first sentence of an answer, however deep it stands: that of the whole, or of the field at fault."""
    match said:
        case {"detail": sentence} | [sentence, *_]:
            return str(sentence)
    return sentence_of(next(iter(said.values())))


def page(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponseBase]]:
    """Make a view of a function of a ``Visit``, for ``GET`` or the methods that are named.

    It stands outside of ``ATOMIC_REQUESTS``, in which a counted failure would be rolled back.
    """
    allowed = (*methods, "HEAD")

    def made(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = _answered(request, view, *args, **kwargs) if request.method in allowed else None
            response = response or HttpResponseNotAllowed(allowed)
            for name, value in _HEADERS.items():
                response.headers[name] = value
            return response

        served: Callable[..., HttpResponseBase] = csrf_protect(answered)
        for alias in connections:
            served = transaction.non_atomic_requests(using=alias)(served)
        return verification_exempt(served)

    return made


def _answered(
    request: HttpRequest, view: Callable[..., HttpResponse], *args: object, **kwargs: object
) -> HttpResponseBase:
    use_cases = accessor.use_cases()
    token = use_cases.token_provider.token_of(request)
    if token is None:
        answer = unauthenticated(use_cases.token_provider.scheme)
        known = request.user.is_authenticated
        return leading.led(request, answer, VERIFY) or respond(token_required() if known else answer)
    visit = Visit(request, use_cases, token)
    try:
        with requests.acting_for(request, use_cases):
            return view(visit, *args, **kwargs)
    except MfaError as error:
        return _refused(visit, answer_to(error, token.scheme, use_cases.step_up_status))


def _refused(visit: Visit, answer: Answer) -> HttpResponseBase:
    """Send a browser to verify, and from there to the form again, which says that nothing was done."""
    back = leading.address(visit.request.path, {leading.NEXT: visit.next, leading.NOT_DONE: "1"})
    led = leading.led(visit.request, answer, VERIFY, back=back if visit.posted else None)
    if led is not None:
        return led
    if not leading.takes_html(visit.request):
        return respond(answer)
    return visit.said("refused", answer)
