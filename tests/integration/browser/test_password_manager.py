"""What a password manager does for a site, in a real browser: what it is told, what it makes unasked, and where."""

import hashlib
import os
import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from pytest_django import Settings
from rest_framework.authentication import SessionAuthentication

from mfa.adapters.drf.viewsets import MultiFactorViewSet
from mfa.testing.authenticator import b64encode as base64url
from tests import services
from tests.integration.browser.chromium import Page as Plugs
from tests.integration.browser.chromium import running_chromium
from tests.integration.browser.test_pages import Person, ann, port
from tests.integration.django.world import STEP, App, World
from tests.integration.pages.people import install
from tests.projects.pages.settings import MFA

__all__ = ["ann", "port"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="a browser asks no database"),
]

MODULE = """
    const done = arguments[arguments.length - 1];
    const given = arguments;
    (async () => {
      const mfa = await import("/static/mfa/mfa.js");
      const at = mfa.site();
      %s
    })().then(done, (error) => done({ code: error.code, status: error.status, message: error.message }));
"""

MANAGER = """
const create = navigator.credentials.create.bind(navigator.credentials);
navigator.credentials.create = async ({ mediation, ...options }) => {
  if (mediation !== "conditional") return create(options);
  const made = await create(options);
  const attestation = new Uint8Array(made.response.attestationObject);
  const data = new Uint8Array(made.response.getAuthenticatorData());
  // Without a dialog nobody was there, nor was verified; none of this is signed where nothing is attested.
  const at = attestation.length - data.length + 32;
  attestation[at] &= ~0b101;
  const json = made.toJSON();
  json.response.attestationObject = attestation.toBase64({ alphabet: "base64url", omitPadding: true });
  window.quiet = true;
  return { toJSON: () => json };
};
"""
"""A password manager that makes passkeys without a dialog; the browser's own simulation of authenticators has none."""


def asked(person: Person, script: str, *given: object) -> Any:  # noqa: ANN401 - JSON
    """Run a script with the module, on whatever page of the site, and return its answer."""
    return person.chrome.execute_async_script(MODULE % script, *given)


def held(person: Person, manager: str) -> list[dict[str, Any]]:
    """The passkeys that a password manager offers."""
    told: list[dict[str, Any]] = person.chrome.execute_cdp_cmd("WebAuthn.getCredentials", {"authenticatorId": manager})[
        "credentials"
    ]
    return told


def registered(person: Person, name: str) -> None:
    person.open("add/webauthn/")
    person.send("register", name=name)
    person.press("[data-mfa=passkey]")


def test_what_is_removed_or_renamed_is_so_in_the_password_manager(ann: Person) -> None:
    manager = Plugs(ann.chrome, ann.url).plug_in()
    registered(ann, "Laptop")
    get_user_model().objects.filter(pk=ann.user.pk).update(username="anna")
    ann.open("")
    ann.wait_for(lambda _: [each["userName"] for each in held(ann, manager)] == ["anna"])

    ann.open("0/remove/")
    ann.send("remove")

    ann.wait_for(lambda _: held(ann, manager) == [])
    assert ann.complaints() == []


def test_the_module_tells_of_a_removal_and_of_a_passkey_that_nobody_knows(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MultiFactorViewSet, "authentication_classes", [SessionAuthentication])
    plugs = Plugs(ann.chrome, ann.url)
    laptop = plugs.plug_in("internal")
    registered(ann, "Laptop")
    plugs.hold(laptop)
    key = plugs.plug_in("usb")
    registered(ann, "Key")
    assert (len(held(ann, laptop)), len(held(ann, key))) == (1, 1)

    assert asked(ann, "return mfa.remove(at, 0);") is None

    ann.wait_for(lambda _: held(ann, laptop) == [])
    told = asked(ann, "return mfa.signals(at);")
    assert told["credential_ids"] == [base64url(b64decode(each["credentialId"])) for each in held(ann, key)]
    [known] = told["credential_ids"]
    asked(ann, "return mfa.signalUnknownCredential({ rp_id: 'localhost', credential_id: given[0] });", known)
    ann.wait_for(lambda _: held(ann, key) == [])
    ann.chrome.execute_cdp_cmd("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": laptop})


@pytest.fixture
def willing(ann: Person) -> Iterator[None]:
    """The password manager makes passkeys without a dialog."""
    added = ann.chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": MANAGER})
    yield
    ann.chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def log_in_by_a_code(person: Person, app: App) -> None:
    person.log_in()
    person.open("verify/?next=/vault/")
    person.wait_for(lambda _: person.chrome.find_elements("name", "passkeys"))
    person.send("verify", value=app.code)
    person.world.clock.advance(STEP)


def test_a_passkey_is_offered_once_after_a_login_by_a_code(ann: Person) -> None:
    Plugs(ann.chrome, ann.url).plug_in()
    app = ann.world.enrolled(ann.token)
    log_in_by_a_code(ann, app)
    assert "/security/passkey/?next=" in ann.chrome.current_url

    ann.press("[data-mfa=not-now] button")

    assert "the vault" in ann.find("body").text
    ann.open("")
    assert len(ann.all("device")) == 1
    log_in_by_a_code(ann, app)
    assert "the vault" in ann.find("body").text


def test_a_passkey_that_is_offered_is_made_at_one_press(ann: Person) -> None:
    manager = Plugs(ann.chrome, ann.url).plug_in()
    log_in_by_a_code(ann, ann.world.enrolled(ann.token))

    ann.press("[data-mfa=passkey]")

    assert "the vault" in ann.find("body").text
    assert len(held(ann, manager)) == 1
    assert ann.complaints() == []


@pytest.mark.usefixtures("willing")
def test_a_passkey_is_made_without_a_dialog_where_the_password_manager_may(ann: Person) -> None:
    manager = Plugs(ann.chrome, ann.url).plug_in()

    log_in_by_a_code(ann, ann.world.enrolled(ann.token))

    ann.wait_for(lambda chrome: "the vault" in chrome.page_source)
    assert len(held(ann, manager)) == 1
    ann.log_in()
    ann.chrome.get(f"{ann.url}/safe/")
    ann.press("[data-mfa=passkey]")
    assert "the safe" in ann.find("body").text
    assert ann.complaints() == []


SLOW = """
const create = navigator.credentials.create.bind(navigator.credentials);
const able = new Promise((resolve) => (window.tell = () => resolve({ conditionalCreate: true })));
PublicKeyCredential.getClientCapabilities = () => able;
navigator.credentials.create = async (options) => {
  await able;
  await new Promise((resolve) => setTimeout(resolve, 500)); // until the finger is there
  return create(options);
};
"""
"""A browser that says what it can only when somebody has pressed the button."""


def test_who_presses_at_once_is_not_overtaken_by_what_needs_no_dialog(ann: Person) -> None:
    manager = Plugs(ann.chrome, ann.url).plug_in()
    added = ann.chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SLOW})
    log_in_by_a_code(ann, ann.world.enrolled(ann.token))

    with ann.leaving():
        ann.find("[data-mfa=passkey]").click()
        ann.chrome.execute_script("tell()")

    ann.chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    assert "the vault" in ann.find("body").text
    assert len(held(ann, manager)) == 1


HOME, RELATED = "https://example.com", "https://example.org"


class SecureThread(LiveServerThread):
    """A site by https, under two names."""

    def __init__(self, certificate: Path) -> None:
        super().__init__("127.0.0.1", StaticFilesHandler)
        self.daemon = True
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)

    def _create_server(self, connections_override: Any = None) -> Any:  # noqa: ANN401 - as in Django
        server = super()._create_server(connections_override)  # type: ignore[misc] # no part of what is typed
        server.socket = self.context.wrap_socket(server.socket, server_side=True)
        return server


def certified(key: EllipticCurvePrivateKey, file: Path) -> Path:
    """Write the key with a certificate for both names."""
    names = [x509.DNSName(each.removeprefix("https://")) for each in (HOME, RELATED)]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def abroad(settings: Settings, tmp_path: Path) -> Iterator[Person]:
    """Somebody at a page of another domain than the one that passkeys are bound to."""
    services.require("chromium")
    install(settings)
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS = ["*"], [HOME, RELATED]
    key = generate_private_key(SECP256R1())
    thread = SecureThread(certified(key, tmp_path / "site.pem"))
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    pin = hashlib.sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    here = ", ".join(f"MAP {each.removeprefix('https://')}:443 127.0.0.1:{thread.port}" for each in (HOME, RELATED))
    flags = f"--host-resolver-rules={here}", f"--ignore-certificate-errors-spki-list={b64encode(pin).decode()}"
    world = World(
        settings,
        **{
            **MFA,
            "WEBAUTHN_RP_ID": "example.com",
            "WEBAUTHN_ORIGINS": [HOME, RELATED],
            "WEBAUTHN_RELATED_ORIGINS": [RELATED],
        },
    )
    user = get_user_model().objects.create_user("ann", "ann@example.com", "a password")
    with running_chromium(tmp_path, *flags) as chrome:
        person = Person(chrome, RELATED, world, user)
        person.log_in()
        yield person
    thread.terminate()


def test_a_page_of_a_related_domain_makes_and_uses_a_passkey(abroad: Person) -> None:
    Plugs(abroad.chrome, RELATED).plug_in()

    registered(abroad, "Laptop")

    assert "Laptop" in abroad.text()
    abroad.log_in()
    abroad.chrome.get(f"{RELATED}/safe/")
    abroad.press("[data-mfa=passkey]")
    assert "the safe" in abroad.find("body").text
