"""What people and operators may write turns up in mails, messages, addresses for apps and JSON, and only as a text."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tests.integration.e2e.conftest import HOSTILE
from tests.integration.e2e.oath import Oathtool
from tests.integration.e2e.people import Browser
from tests.integration.e2e.post import Letter, text
from tests.integration.e2e.served import Site

HEADERS = {
    "auto-submitted",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "subject",
    "to",
}

ADDRESSES = [
    "a@example.com\nBcc: x@example.com",
    "a@example.com\r\nBcc: x@example.com",
    "a@example.com\rBcc: x@example.com",
    "a@example.com\r\n\r\nAnother body",
    "a\r\nBcc: x@example.com",
    "a\u2028Bcc: x@example.com",
    "a@example.com\u0085Bcc: x@example.com",
    "a@example.com\x00",
    "a@example.com, x@example.com",
    "a@example.com;x@example.com",
    "a@example.com x@example.com",
    "Ann <x@example.com>",
    "<x@example.com>",
    "a@example.com> RCPT TO:<x@example.com",
    '"x@example.com "@example.com',
    '"a\r\nBcc: x@example.com"@example.com',
    "a@x.example@example.com",
    "a%0ABcc:x@example.com\n",
    "=?utf-8?q?a=0ABcc:_x?=@example.com\n",
    "a(x@example.com)@example.com",
    "\u202ea@example.com",
]

NAMES = [
    "{{ code }}{% now 'Y' %}",
    "{% include 'mfa/email/body.txt' %}",
    "{{ settings.SECRET_KEY }}",
    "</strong></p><script src=//x.example></script>",
    "<img src=x onerror=alert(1)>",
    "<a href='https://x.example'>here</a>",
    '" onmouseover="alert(1)" x="',
    "&lt;b&gt;&amp;",
    "%s %(code)s {code} ${code} #{7*7}",
    "=?utf-8?q?Bcc:_x=40example.com?=",
    "Bcc: x@example.com",
    ".",
    "'; DROP TABLE users; --",
]

UNPRINTABLE = [
    "mail\nBcc: x@example.com",
    "mail\r\n\r\n<script>",
    "mail\r.\r\n",
    "mail\x00",
    "mail\x1b[2J",
    "mail\u2028line",
    "mail\u2029line",
    "mail\u0085line",
    "mail\u202egnp",
]

USERS = [
    "ann\r\nBcc: x@example.com",
    "ann?secret=AAAA&issuer=x",
    "x:ann/../..#secret=AAAA",
    "%3Fsecret=AAAA%26issuer=x",
    "{{ code }}{% now 'Y' %}",
    "<script>alert(1)</script>",
    'ann"><svg onload=alert(1)>',
    "ann\u202e\u2028@",
]


@pytest.fixture
def site(open_site: Callable[[str], Site]) -> Site:
    return open_site("hostile")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


TAGS = [
    ("html", ("lang",)),
    ("head", ()),
    ("meta", ("charset",)),
    ("title", ()),
    ("body", ()),
    ("p", ()),
    ("p", ("style",)),
    ("bdi", ("dir", "translate")),
    ("strong", ()),
    ("p", ()),
    ("p", ()),
]


def demand_plain(letter: Letter, to: str) -> None:
    """The mail is the one that was meant, whatever the issuer is, and has no word of who registered the address."""
    head, _, _ = letter.raw.partition(b"\r\n\r\n")
    headers = [line.partition(b":")[0].decode().lower() for line in re.split(rb"\r\n(?![ \t])", head)]
    assert sorted(headers) == sorted(HEADERS)
    assert b"\n" not in letter.raw.replace(b"\r\n", b"")
    assert b"\r" not in letter.raw.replace(b"\r\n", b"")
    assert letter.to == [to]
    assert letter.message["To"] == to
    assert letter.message["From"] == "site@example.com"
    assert letter.message["Subject"] == f"Your verification code for {' '.join(HOSTILE.split())}"
    assert [part.get_content_type() for part in letter.message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    plain, html = (text(letter.message, kind).replace("\r\n", "\n") for kind in ("plain", "html"))
    tags = _Tags()
    tags.feed(html)
    assert tags.tags == TAGS
    assert html.count(letter.code) == plain.count(letter.code) == 1
    assert "{{ code }}" in html
    assert '{% now "Y" %}' in plain
    assert "You called the device" not in plain + html
    # No line looks like the one that holds the code.
    assert [line for line in plain.split("\n") if line.startswith("    ")] == [f"    {letter.code}"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_one_address(site: Site, address: str) -> None:
    before = len(site.post.letters())
    ann = site.sign_up().log_in()

    answer = ann.mfa("post", "register/email/", {"address": address})

    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["address"]
    assert answer.headers["Content-Type"] == "application/json"
    assert ann.mfa("get").json() == []
    assert len(site.post.letters()) == before


@pytest.mark.parametrize("address", ["a@example.com\nBcc: x@example.com", "a@example.com,x@example.com", ""])
def test_neither_is_the_address_of_an_account_if_it_is_more(site: Site, address: str) -> None:
    ann = site.sign_up(username=f"ann {address!r}", email=address or "nobody").log_in()

    answer = ann.mfa("post", "register/email/")

    assert answer.status_code == 400
    assert list(answer.json()) == ["address"]


def test_what_stands_around_an_address_is_dropped(site: Site) -> None:
    person = site.sign_up()
    ann = person.log_in()
    ann.register("email", address=f" \r\n\t{person.email}\r\n", name="mine")

    assert ann.dispatch(0).status_code == 204

    [letter] = site.post.letters(person.email)
    demand_plain(letter, person.email)


def test_an_unusual_address_is_no_more_than_that(site: Site) -> None:
    """What looks like an escape of something else is taken as it stands."""
    address = "a%0ABcc=x{{code}}'&+b@example.com"
    ann = site.sign_up().log_in()
    device = ann.register("email", address=address, name="mine")
    assert device["destination"] == "a***@example.com"

    assert ann.dispatch(0).status_code == 204

    [letter] = site.post.letters(address)
    demand_plain(letter, address)
    ann.prove(0, letter.code)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_device_is_a_text(site: Site, name: str) -> None:
    person = site.sign_up()
    ann = person.log_in()
    device = ann.register("email", name=name)
    assert device["name"] == name

    assert ann.dispatch(0).status_code == 204

    [letter] = site.post.letters(person.email)
    demand_plain(letter, person.email)
    ann.prove(0, letter.code)
    assert [shown["name"] for shown in listed(ann)] == [name]
    renamed = ann.mfa("patch", "0/", {"name": name[::-1]})
    assert (renamed.status_code, renamed.json()["name"]) == (200, name[::-1])


def listed(browser: Browser) -> list[dict[str, str]]:
    answer = browser.mfa("get")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    devices: list[dict[str, str]] = answer.json()
    return devices


@pytest.mark.parametrize("name", UNPRINTABLE)
def test_and_a_text_of_one_line(site: Site, name: str) -> None:
    ann = site.sign_up().log_in()

    answer = ann.mfa("post", "register/email/", {"name": name})

    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["name"]
    assert listed(ann) == []


@pytest.mark.parametrize("method", ["totp", "hotp"])
@pytest.mark.parametrize("name", USERS)
def test_an_address_for_apps_has_two_names_and_one_secret(
    site: Site, authenticator: Oathtool, name: str, method: str
) -> None:
    person = site.sign_up(username=f"{name} {method}")
    ann = person.log_in()
    device = ann.register(method, name="App")

    url = device["authenticator_url"]
    assert url.isascii()
    assert url.isprintable()
    assert " " not in url
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", method, "")
    assert parts.path.count("/") == 1
    issuer, _, account = parts.path.removeprefix("/").partition(":")
    assert (unquote(issuer), unquote(account)) == (HOSTILE.replace(":", "-"), person.username.replace(":", "-"))
    query = parse_qsl(parts.query, strict_parsing=True)
    moving = ("counter", "0") if method == "hotp" else ("period", "30")
    assert query == [
        ("secret", device["secret"]),
        ("issuer", HOSTILE.replace(":", "-")),
        ("algorithm", "SHA1"),
        ("digits", "6"),
        moving,
    ]
    secret = device["secret"]
    ann.prove(0, authenticator.totp(secret) if method == "totp" else authenticator.hotp(secret, 0))


def test_an_issuer_is_a_text_in_a_message_too(site: Site, number: str) -> None:
    ann = site.sign_up().log_in()
    ann.register("sms", number=number, name="{{ code }}")

    assert ann.dispatch(0).status_code == 204

    # The gateway knows four fields and refuses what has more, or one of them twice.
    [message] = [dict(fields) for fields in site.gateway.messages if ("To", number) in fields]
    code = site.gateway.code(number)
    assert message["Body"] == f"{code} is your verification code for {HOSTILE}. It is valid for 10 minutes."
    ann.prove(0, code)


@pytest.mark.parametrize(
    "number",
    [
        "+31612345678&Body=Hello",
        "+31612345678\r\nTo: +31687654321",
        "+31612345678,+31687654321",
        "+31612345678;ext=7",
        "whatsapp:+31612345678",
        "tel:+31612345678;phone-context=x",
    ],
)
def test_a_number_is_one_number(site: Site, number: str) -> None:
    answer = site.sign_up().log_in().mfa("post", "register/sms/", {"number": number})

    assert answer.status_code == 400
    assert list(answer.json()) == ["number"]


@pytest.mark.parametrize("host", ["x.example", "127.0.0.1:80@x.example", "127.0.0.1/x", "127.0.0.1&secret=AAAA"])
def test_a_client_does_not_choose_the_name_of_the_site(open_site: Callable[[str], Site], host: str) -> None:
    site = open_site("knox")  # which has no issuer, so that its host stands in
    ann = site.sign_up().log_in()

    answer = ann.ask("post", "multi-factor/register/totp/", {}, Host=host)

    assert answer.status_code == 400
    url = urlsplit(ann.register("totp")["authenticator_url"])
    assert dict(parse_qsl(url.query))["issuer"] == "127.0.0.1"
