"""Passkeys in a real browser, with authenticators that it simulates: the login of the demo, and the module."""

import os

import pytest
import requests

from tests.docs.pages import ROOT, blocks
from tests.integration.browser.chromium import Page
from tests.integration.browser.test_password_manager import MANAGER
from tests.integration.demo.running import PATIENCE, Demo

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="the demo has a database of its own"
)

PLAIN = "phone/"
"""A page that does nothing about passkeys, and has the token against forgery for a login that sets a cookie."""

LOGGED_IN = """
const at = mfa.site();
const logIn = async (username) => {
  at.token = (await mfa.ask({ ...at, token: null }, "POST", "/login/", { username, password: username })).token;
};
const added = async () => {
  const device = await mfa.register(at, "webauthn", { name: "Laptop" });
  await mfa.verify(at, device.index, await mfa.createCredential(device.options));
  return device;
};
"""
"""How a token is had from the demo, and a passkey."""


def test_a_passkey_logs_in(page: Page) -> None:
    """At the press of a button, and where the name would be typed: there the simulation takes the first at once."""
    key = page.plug_in()
    page.open(PLAIN)
    answer = page.run(LOGGED_IN + 'await logIn("demo"); return (await added()).index;')
    page.hold(key)
    page.open("?next=/bank/")
    assert page.find("#username").get_attribute("autocomplete") == "username webauthn"

    page.chrome.set_user_verified(False)
    page.touch(key)
    page.find("#passkey").click()
    page.told("Nothing was chosen, or it took too long.")

    page.chrome.set_user_verified(True)
    # The offer in the field of the name may be quicker, and leads there as well.
    page.chrome.execute_script("document.querySelector('#passkey')?.click()")
    page.told("Account of demo")

    page.hold(key)
    page.open()
    assert "a second factor has shown that it is you" in page.text()
    page.press("form[data-mfa=logout] button")
    page.open(PLAIN)
    page.touch(key)
    page.open("?next=/bank/")
    page.told("Account of demo")

    assert page.run("return mfa.remove(mfa.site(), index)", index=answer["answer"]) == {"answer": None}
    assert page.complaints() == []


def test_the_login_complains_of_nothing_before_it_is_asked_for_anything(page: Page) -> None:
    """The browser is asked at once for passkeys to offer where the name is typed, and may refuse."""
    refusing = """
    PublicKeyCredential.isConditionalMediationAvailable = async () => true;
    navigator.credentials.get = async () => { window.refused = true; throw new DOMException("", "NotAllowedError"); };
    """
    script = page.chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": refusing})

    page.open()

    page.wait_for(lambda: page.chrome.execute_script("return window.refused === true"))
    page.chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    assert not page.find("#said").is_displayed()
    page.find("#passkey").click()
    page.told("Nothing was chosen, or it took too long.")


def test_a_browser_at_an_address_is_sent_to_where_passkeys_work(page: Page, demo: Demo) -> None:
    page.chrome.get(f"http://127.0.0.1:{demo.port}/?next=/bank/")

    assert page.chrome.current_url == page.url + "?next=/bank/"


def test_the_credential_of_another_user_is_none(page: Page) -> None:
    page.open(PLAIN)
    credentials = []
    for name in ("anna", "chief"):
        page.plug_in()
        answer = page.run(
            LOGGED_IN
            + """
            await logIn(name);
            const code = await (await fetch(`/phone/code/?app=App of ${name}`)).text();
            await mfa.verify(at, 0, code);
            return (await added()).index;
            """,
            name=name,
        )
        assert answer["answer"] > 0
        credentials += page.chrome.get_credentials()
        page.unplug()
    page.plug_in()
    page.chrome.add_credential(credentials[0])

    scripts = (
        "return mfa.getCredential(options)",  # the browser knows none that is asked for
        "return mfa.verify(at, device.index, await mfa.getCredential({ ...options, allowCredentials: [] }))",
    )
    refused = [
        page.run(
            LOGGED_IN
            + """
            await logIn("chief");
            const device = (await mfa.devices(at)).find((each) => each.method === "webauthn");
            const { options } = await mfa.dispatch(at, device.index);
            """
            + script
        )
        for script in scripts
    ]

    assert [(each["code"], each["status"]) for each in refused] == [("cancelled", 0), ("invalid_value", 401)]


OLD = """
delete PublicKeyCredential.parseCreationOptionsFromJSON;
delete PublicKeyCredential.parseRequestOptionsFromJSON;
delete PublicKeyCredential.prototype.toJSON;
"""
"""As in browsers from before these were there."""

MANAGED = 'PublicKeyCredential.prototype.toJSON = () => { throw new TypeError("Illegal invocation"); };'
"""As with the objects that password managers have pages take for credentials."""


@pytest.mark.parametrize("browser", [OLD, MANAGED], ids=["old", "managed"])
def test_the_module_works_where_the_browser_converts_nothing(page: Page, browser: str) -> None:
    page.plug_in()
    page.open(PLAIN)

    answer = page.run(
        browser
        + LOGGED_IN
        + """
        await logIn("demo");
        const device = await added();
        const { options } = await mfa.dispatch(at, device.index, { reverify: true });
        await mfa.verify(at, device.index, await mfa.getCredential(options));
        const again = await added().catch((error) => error.code);
        const begun = await mfa.passkeyOptions(at);
        const { token } = await mfa.passkeyLogin(at, begun.state, await mfa.getCredential(begun.options));
        at.token = token; // from now on by the session
        const renamed = await mfa.rename(at, device.index, "New");
        const methods = (await mfa.methods(at)).map((each) => each.method);
        await mfa.remove(at, device.index);
        return { again, token, renamed: renamed.name, methods, status: await mfa.status(at) };
        """
    )

    found = answer.get("answer")
    assert found is not None, answer
    assert (found["again"], found["token"], found["renamed"]) == ("already_registered", None, "New")
    assert "webauthn" in found["methods"]
    assert found["status"]["enrolled"] is False


def test_a_page_does_as_ours_about_passkeys_shows_it(page: Page) -> None:
    adds, asks, offers, makes = (block.text for block in blocks(ROOT / "docs" / "passkeys.md", "js"))
    page.plug_in()
    page.open(PLAIN)

    logged_in = f"const token = await (async () => {{ {LOGGED_IN} await logIn('demo'); return at.token; }})();"
    own = adds.removeprefix('import * as mfa from "/static/mfa/mfa.js";\n')
    added = page.run(f"{logged_in} {own} {{ {asks} }} return (await mfa.device(at, device.index)).name")
    assert added == {"answer": "This laptop"}

    begun = "const at = mfa.site(), signal = undefined;"
    offered = page.run(f"{begun} {offers} return [at.token, (await mfa.status(at)).verified]")
    assert offered == {"answer": [None, True]}, "this login begins a session"

    page.chrome.remove_all_credentials()
    able = f"PublicKeyCredential.getClientCapabilities = async () => ({{ conditionalCreate: true }}); {MANAGER}"
    left = """
    const active = (await mfa.devices(at)).filter((each) => each.active);
    for (const each of active) await mfa.remove(at, each.index);
    return active.length;
    """
    made = page.run(f"{able} {begun} {makes} {left}")
    assert made == {"answer": 2}


FAILURES = [
    ('return mfa.ask(mfa.site(), "POST", "/login/", { username: "demo", password: "wrong" })', "invalid", 400),
    ("return mfa.status(mfa.site())", "not_authenticated", 401),
    ('return mfa.status(mfa.site({ token: "none" }))', "authentication_failed", 401),
    ('return mfa.passkeyLogin(mfa.site(), "state", {})', "invalid", 400),
    ('return mfa.ask(mfa.site(), "GET", "http://localhost:1/")', "unreachable", 0),
    ('return mfa.ask(mfa.site(), "GET", "/nowhere/")', "invalid", 404),
    ("delete window.PublicKeyCredential; return mfa.getCredential({})", "unsupported", 0),
]


def test_errors_carry_what_went_wrong(page: Page) -> None:
    for script, code, status in FAILURES:
        page.open(PLAIN)
        answer = page.run(script)

        assert (answer["name"], answer["code"], answer["status"]) == ("MfaError", code, status), answer
        assert answer["message"]


def test_a_page_may_do_nothing_but_ask_this_site(demo: Demo) -> None:
    for path in ("", "console/", "phone/", "admin/login/"):
        answer = requests.get(f"http://localhost:{demo.port}/{path}", headers={"Accept": "text/html"}, timeout=PATIENCE)
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
    assert requests.get(f"http://localhost:{demo.port}/static/../settings.py", timeout=PATIENCE).status_code == 404
