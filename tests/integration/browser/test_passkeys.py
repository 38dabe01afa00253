"""The demo's page in a real browser, with authenticators that the browser simulates."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.integration.browser.chromium import Page
from tests.integration.demo.running import PATIENCE, ROOT, Demo

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="the demo has a database of its own"
)

PICTURE = ROOT / "docs" / "images" / "passkeys.png"


def test_a_passkey_is_registered_and_opens_the_route(page: Page) -> None:
    page.plug_in()
    page.open().log_in()
    page.open_the_route()
    page.told("Register a device first.")

    page.registered("Laptop")

    assert page.verified
    page.open_the_route()
    page.told("the route is open")
    assert page.complaints() == []


def test_a_new_login_is_verified_by_the_passkey(page: Page) -> None:
    key = page.plug_in()
    page.open().log_in()
    page.registered("Laptop")
    page.hold(key)  # or else the browser would log in by it at once
    page.log_out()
    page.log_in()
    assert page.devices == [("Laptop", "to be verified")]
    page.open_the_route()
    page.told("Verify with one of your devices first.")

    page.touch(key)
    page.on_device("Laptop", "verify")

    page.told("Verified.")
    assert page.devices == [("Laptop", "verified")]
    page.open_the_route()
    page.told("the route is open")


def test_a_passkey_can_be_asked_for_again(page: Page) -> None:
    """As before something that wants a fresh verification."""
    page.plug_in()
    page.open().log_in()
    page.registered("Laptop")

    page.on_device("Laptop", "verify")

    page.told("Verified.")
    assert page.devices == [("Laptop", "verified")]


def test_a_passkey_is_removed(page: Page) -> None:
    page.plug_in()
    page.open().log_in()
    page.registered("Laptop")

    page.on_device("Laptop", "remove")

    page.told("Removed.")
    assert page.devices == []
    page.open_the_route()
    page.told("Register a device first.")


def test_a_passkey_logs_in_where_the_name_would_be_typed(page: Page) -> None:
    """The browser's simulation takes the first passkey that would be offered there."""
    page.plug_in()
    page.open()
    assert page.find("input[name=username]").get_attribute("autocomplete") == "username webauthn"
    page.log_in()
    page.registered("Laptop")

    page.open()

    page.told("logged in, and verified, by a passkey")
    page.wait_for(lambda: page.devices == [("Laptop", "verified")])
    page.open_the_route()
    page.told("the route is open")


def test_a_passkey_logs_in_at_the_press_of_a_button(page: Page) -> None:
    key = page.plug_in()
    page.open().log_in()
    page.registered("Laptop")
    page.hold(key)
    page.log_out()

    page.touch(key)
    page.find("#passkey").click()

    page.told("logged in, and verified, by a passkey")
    assert page.verified
    assert page.complaints() == []


def test_a_prompt_that_is_cancelled_registers_nothing(page: Page) -> None:
    page.plug_in(verifies=False)
    page.open().log_in()

    page.register("Laptop")

    page.told("Nothing was chosen, or it took too long.")
    assert page.find("#message").get_attribute("data-code") == "cancelled"
    page.wait_for(lambda: page.devices == [("Laptop", "pending")])

    page.chrome.set_user_verified(True)
    page.on_device("Laptop", "verify")
    page.told("Verified.")
    assert page.devices == [("Laptop", "verified")]


def test_a_prompt_that_is_cancelled_logs_nobody_in(page: Page) -> None:
    key = page.plug_in()
    page.open().log_in()
    page.registered("Laptop")
    page.hold(key)
    page.log_out()
    page.chrome.set_user_verified(False)

    page.touch(key)
    page.find("#passkey").click()

    page.told("Nothing was chosen, or it took too long.")
    assert page.find("#login").is_displayed()


def test_a_second_authenticator_is_a_second_device(page: Page) -> None:
    page.plug_in("internal")
    page.open().log_in()
    page.registered("Laptop")
    page.register("Laptop again")
    page.told("This authenticator is registered already.")
    assert page.find("#message").get_attribute("data-code") == "already_registered"

    page.unplug()
    page.plug_in("usb")
    page.registered("Key")

    assert page.devices == [("Laptop", "verified"), ("Key", "verified")]  # the pending one is replaced
    page.on_device("Laptop", "verify")  # any of the two may answer
    page.told("Verified.")


@pytest.fixture
def eve(demo: Demo, tmp_path: Path) -> str:
    """Another user, whose password is the name."""
    script = (
        "from django.contrib.auth import get_user_model as users; users().objects.create_user('eve', password='eve')"
    )
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "django", "shell", "-c", script],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "demo.settings",
            "DEMO_DATABASE": str(tmp_path / "demo.sqlite3"),
            "PORT": str(demo.port),
        },
        check=True,
        capture_output=True,
    )
    return "eve"


def test_the_credential_of_another_user_is_none(page: Page, eve: str) -> None:
    page.plug_in()
    page.open().log_in(eve, eve)
    page.registered("Eve's")
    [hers] = page.chrome.get_credentials()
    page.unplug()
    page.plug_in()
    page.open().log_in()
    page.registered("Laptop")
    page.unplug()
    key = page.plug_in()
    page.hold(key)
    page.chrome.add_credential(hers)
    page.open().log_in()
    page.touch(key)

    page.on_device("Laptop", "verify")
    page.told("Nothing was chosen, or it took too long.")  # the browser knows none that is asked for

    answer = page.run(
        """
        const at = mfa.site();
        at.token = await mfa.login(at, "demo", "demo");
        const [device] = await mfa.devices(at);
        const { options } = await mfa.dispatch(at, device.index);
        return mfa.verify(at, device.index, await mfa.getCredential({ ...options, allowCredentials: [] }));
        """
    )
    assert answer == {
        "name": "MfaError",
        "code": "invalid_value",
        "status": 401,
        "message": "This value is not valid.",
    }


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
    page.open()

    answer = page.run(
        browser
        + """
        const at = mfa.site();
        at.token = await mfa.login(at, "demo", "demo");
        const device = await mfa.register(at, "webauthn", { name: "Old" });
        await mfa.verify(at, device.index, await mfa.createCredential(device.options));
        const { options } = await mfa.dispatch(at, device.index, { reverify: true });
        await mfa.verify(at, device.index, await mfa.getCredential(options));
        const begun = await mfa.passkeyOptions(at);
        const value = await mfa.getCredential(begun.options);
        at.token = (await mfa.passkeyLogin(at, begun.state, value)).token;
        const renamed = await mfa.rename(at, device.index, "New");
        const methods = (await mfa.methods(at)).map((each) => each.method);
        await mfa.remove(at, device.index);
        return { renamed: renamed.name, methods, status: await mfa.status(at) };
        """
    )

    assert answer["answer"]["renamed"] == "New", answer
    assert "webauthn" in answer["answer"]["methods"]
    assert answer["answer"]["status"]["enrolled"] is False


FAILURES = [
    ('return mfa.login(mfa.site(), "demo", "wrong")', "invalid", 400),
    ("return mfa.status(mfa.site())", "not_authenticated", 401),
    ('return mfa.status(mfa.site({ token: "none" }))', "authentication_failed", 401),
    ('return mfa.passkeyLogin(mfa.site(), "state", {})', "invalid", 400),
    ('return mfa.ask(mfa.site(), "GET", "http://localhost:1/")', "unreachable", 0),
    ('return mfa.ask(mfa.site(), "GET", "/nowhere/")', "invalid", 404),
    ("delete window.PublicKeyCredential; return mfa.getCredential({})", "unsupported", 0),
]


def test_errors_carry_what_went_wrong(page: Page) -> None:
    for script, code, status in FAILURES:
        answer = page.open().run(script)

        assert (answer["name"], answer["code"], answer["status"]) == ("MfaError", code, status), answer
        assert answer["message"]


def test_the_page_complains_of_nothing_before_it_is_asked_for_anything(page: Page) -> None:
    """The browser is asked at once for passkeys to offer where the user name is typed, and may refuse."""
    refusing = """
    PublicKeyCredential.isConditionalMediationAvailable = async () => true;
    navigator.credentials.get = async () => { window.refused = true; throw new DOMException("", "NotAllowedError"); };
    """
    script = page.chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": refusing})

    page.open()

    page.wait_for(lambda: page.chrome.execute_script("return window.refused === true"))
    page.chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    assert page.message == ""
    page.find("#passkey").click()
    page.told("Nothing was chosen, or it took too long.")


def test_a_token_that_is_gone_leads_back_to_the_login(page: Page) -> None:
    page.open().log_in()
    page.run('return mfa.login(mfa.site(), "demo", "demo")')

    page.open_the_route()

    page.told("Invalid token.")
    assert page.find("#login").is_displayed()


def test_the_page_at_an_address_says_what_is_wrong(page: Page) -> None:
    page.plug_in()
    name = page.url
    page.url = page.url.replace("localhost", "127.0.0.1")
    page.open()
    assert page.find("#elsewhere a").get_attribute("href") == name
    assert page.message == ""
    page.log_in()

    page.register("Laptop")

    page.told("The page is not at the address that the site is configured for.")


def test_the_page_may_do_nothing_but_ask_this_site(demo: Demo) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml"}
    for path in ("", "static/page.js", "static/mfa.js", "static/page.css"):
        answer = requests.get(f"http://127.0.0.1:{demo.port}/{path}", headers=headers, timeout=PATIENCE)
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert requests.get(f"http://127.0.0.1:{demo.port}/static/../settings.py", timeout=PATIENCE).status_code == 404


def test_the_picture_in_the_docs_is_of_this_page(page: Page, tmp_path: Path) -> None:
    """``MFA_PICTURES=1`` takes it anew."""
    page.plug_in()
    page.open().log_in()
    page.registered("This laptop")
    page.unplug()
    page.plug_in("usb")
    page.registered("Blue key")
    page.open_the_route()
    page.told("the route is open")
    picture = PICTURE if os.environ.get("MFA_PICTURES") else tmp_path / PICTURE.name

    assert page.chrome.save_screenshot(str(picture))
    assert PICTURE.exists()
