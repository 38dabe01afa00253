"""The module on a plain page of a site with sessions, under a policy that lets in nothing but the site's own files."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from django.views.decorators.csrf import ensure_csrf_cookie
from pytest_django import Settings
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from selenium.webdriver import Chrome

from mfa.adapters.drf.permissions import IsVerified
from tests.integration.browser.chromium import Page
from tests.integration.browser.serving import serving
from tests.integration.browser.test_passkeys import MANAGED, OLD
from tests.integration.django.world import STEP, App, World
from tests.integration.pages.people import install
from tests.projects.pages.settings import MFA

SCRIPT = 'import * as mfa from "/static/mfa/mfa.js"; Object.assign(window, { mfa, at: mfa.site() });'
PAGE = '<!DOCTYPE html><html lang="en"><title>A page</title><script type="module" src="/page.js"></script>'

Run = Callable[..., Any]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="a browser asks no database"),
]


class Transfer(APIView):
    permission_classes = (IsVerified,)
    mfa_requirement = "transfer"
    asked = 0

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        Transfer.asked += 1
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        body: Any = request.data
        return Response({"transferred": body["amount"]})


@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE)


def script(request: HttpRequest) -> HttpResponse:
    return HttpResponse(SCRIPT, content_type="text/javascript")


urlpatterns = [
    path("", page),
    path("page.js", script),
    path("multi-factor/", include("mfa.urls")),
    path("transfer/", Transfer.as_view()),
]


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the site answers, on which Ann has an account."""
    install(settings)
    monkeypatch.setattr(APIView, "authentication_classes", [SessionAuthentication])  # as the settings say, too late
    settings.ROOT_URLCONF = __name__
    get_user_model().objects.create_user("ann", "ann@example.com", "a password")
    Transfer.asked = 0
    with serving() as port:
        yield f"http://localhost:{port}/"


@pytest.fixture
def world(settings: Settings, site: str) -> World:
    own = {
        "WEBAUTHN_ORIGINS": [site.rstrip("/")],
        "PASSKEY_LOGIN": True,
        "REQUIREMENTS": {"transfer": {"max_age": "5m"}},
    }
    return World(settings, **{**MFA, **own})


@pytest.fixture
def run(chrome: Chrome, site: str, world: World) -> Run:
    """Runs a script on the page, with the module as ``mfa`` and the site as ``at``."""

    def run(script: str, **given: object) -> Any:  # noqa: ANN401 - what the script returns
        names = "".join(f"{name}, " for name in given)
        told = chrome.execute_async_script(
            f"const [{names}done] = arguments; (async () => {{ {script} }})().then((answer) => done({{ answer }}),"
            "({ name, code, status, message }) => done({ failed: { name, code, status, message } }));",
            *given.values(),
        )
        return told["failed"] if "failed" in told else told.get("answer")

    chrome.get(site)
    log_in(chrome)
    Page(chrome, site).plug_in()
    return run


def log_in(chrome: Chrome) -> None:
    """Have the browser log in anew, by a password alone, and show the page."""
    client = Client()
    client.force_login(get_user_model().objects.get())
    chrome.delete_cookie("sessionid")
    chrome.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value, "httpOnly": True})
    chrome.refresh()


def test_a_page_does_everything_by_it(run: Run, chrome: Chrome, world: World) -> None:
    methods = run("return (await mfa.methods(at)).map((each) => each.method)")
    assert methods == ["webauthn", "totp", "email", "recovery"]
    assert run('return (await mfa.fields(at, "email")).address.type') == "email"

    made = run('return mfa.register(at, "totp", { name: "Pixel" })')
    app = App(index=made["index"], secret=made["secret"], clock=world.clock)
    wrong = run('return mfa.verify(at, index, "000")', index=app.index)
    assert (wrong["name"], wrong["code"], wrong["status"]) == ("MfaError", "invalid_value", 401)
    right = run("return mfa.verify(at, index, code, { trust: true })", index=app.index, code=app.code)
    assert (right["verifications-left"], right["device"]["active"]) == (0, True)

    mail = run('return mfa.register(at, "email")')["index"]
    assert run("return mfa.dispatch(at, mail)", mail=mail) is None
    assert run("return mfa.verify(at, mail, code)", mail=mail, code=world.outbox.messages[-1].code)["device"]["active"]
    assert run('return mfa.rename(at, mail, "Work")', mail=mail)["name"] == "Work"
    assert run("return mfa.device(at, mail)", mail=mail)["name"] == "Work"

    log_in(chrome)
    assert run('return mfa.status(at, "transfer")')["requirement"]["met"] is False
    assert run("return mfa.trust(at, token)", token=right["trust"]["token"]) == {"verifications-left": 0}
    assert run("return mfa.remove(at, mail)", mail=mail)["code"] == "verification_required"
    world.clock.advance(STEP)
    run("return mfa.verify(at, index, code)", index=app.index, code=app.code)
    [trust] = run("return mfa.trusts(at)")
    assert run("return mfa.forget(at, id)", id=trust["id"]) is None
    assert run("return mfa.remove(at, mail)", mail=mail) is None
    assert [each["name"] for each in run("return mfa.devices(at)")] == ["Pixel"]
    assert "device.removed" in {each["event"] for each in run("return mfa.activity(at)")["results"]}
    assert complaints(chrome) == []


REGISTER = """
    const { index, options } = await mfa.register(at, "webauthn", { name: "Laptop" });
    return mfa.verify(at, index, await mfa.createCredential(options));
"""

TRANSFER = """
    let questions = 0;
    const fetch = mfa.guarded(window.fetch, async (requirement) => {
      questions += 1;
      const [device] = await mfa.devices(at);
      const { options } = await mfa.dispatch(at, device.index, { reverify: true });
      await mfa.verify(at, device.index, await mfa.getCredential(options));
    });
    const [, token] = document.cookie.match(/csrftoken=([^;]*)/);
    const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
    const each = (amount) => fetch("/transfer/", { method: "POST", headers, body: JSON.stringify({ amount }) });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, amount) => each(amount)));
    const amounts = await Promise.all(answers.map(async (answer) => (await answer.json()).transferred));
    return { questions, amounts };
"""

LOG_IN = """
    const { options, state } = await mfa.passkeyOptions(at);
    const value = await mfa.getCredential(options, { mediation: (await mfa.autofills()) ? "conditional" : "optional" });
    const { token } = await mfa.passkeyLogin(at, state, value);
    return { token, verified: (await mfa.status(at)).verified };
"""


@pytest.mark.parametrize("browser", ["", OLD, MANAGED], ids=["new", "old", "managed"])
def test_ten_requests_that_are_refused_are_one_passkey(run: Run, chrome: Chrome, browser: str) -> None:
    """Also where the browser, or what a password manager puts in its place, converts nothing."""
    run(browser)
    assert run("return mfa.supported()") is True
    assert run(REGISTER)["device"]["active"] is True

    log_in(chrome)
    run(browser)
    assert run(TRANSFER) == {"questions": 1, "amounts": [*range(10)]}
    assert Transfer.asked == 20

    chrome.delete_cookie("sessionid")
    assert run("return mfa.status(at)")["code"] == "not_authenticated"
    assert run(LOG_IN) == {"token": None, "verified": True}
    assert complaints(chrome) == []


def test_what_the_browser_refuses_is_told_and_what_it_only_may_do_never_fails(run: Run, chrome: Chrome) -> None:
    run(REGISTER)

    told = [
        run('return mfa.createCredential((await mfa.register(at, "webauthn")).options)'),
        run("return mfa.getCredential((await mfa.passkeyOptions(at)).options, { signal: AbortSignal.abort() })"),
        run('return mfa.getCredential((await mfa.passkeyOptions(at)).options, { signal: AbortSignal.abort("left") })'),
        run('return mfa.getCredential({ ...(await mfa.passkeyOptions(at)).options, rpId: "example.org" })'),
        run("chosen = PublicKeyCredential; delete window.PublicKeyCredential; return mfa.getCredential({})"),
    ]
    codes = ["already_registered", "aborted", "aborted", "wrong_site", "unsupported"]
    assert [each["code"] for each in told] == codes

    elsewhere = {"rp_id": "example.org", "user_id": "AQ", "credential_id": "AQ", "credential_ids": []}
    for known in ("", "window.PublicKeyCredential = chosen;"):
        assert run(f"{known} return mfa.signalUnknownCredential(told)", told=elsewhere) is None
        assert run("return mfa.signalAllAcceptedCredentials(told)", told=elsewhere) is None
    assert run("return mfa.webOtp({ signal: AbortSignal.timeout(50) })") is None
    assert run("delete window.OTPCredential; return mfa.webOtp()") is None


def complaints(chrome: Chrome) -> list[str]:
    """What the browser has written to its console, such as what the policy forbids; answers of refusal aside."""
    entries = [entry["message"] for entry in chrome.get_log("browser")]  # type: ignore[no-untyped-call]
    return [entry for entry in entries if "favicon" not in entry and "server responded with a status of" not in entry]
