"""People at browsers, who press what is on the pages and nothing else."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from mfa.adapters.tokens.session import IDENTITY, _token
from mfa.domain.identifiers import Token
from tests.integration.django.world import STEP, App, World
from tests.projects.pages import settings as project

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "User-Agent": BROWSER}
NAMES = ("INSTALLED_APPS", "MIDDLEWARE", "TEMPLATES", "STATIC_URL", "ROOT_URLCONF", "REST_FRAMEWORK", "LOGIN_URL")


def install(settings: Settings) -> None:
    """Have the project in force, but for its second factors."""
    for name in NAMES:
        setattr(settings, name, getattr(project, name))


class Site:
    """A deployment with the pages, whose time stands still."""

    def __init__(self, settings: Settings, **mfa: object) -> None:
        install(settings)
        self.world = World(settings, **{**project.MFA, **mfa})

    def person(self, name: str = "ann", **fields: Any) -> "Person":
        user = get_user_model().objects.create_user(name, f"{name}@example.com", "a password", **fields)
        return Person(self, user)


class Elements(HTMLParser):
    """Every element of a page with its attributes, and forms with what they would send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found.append((tag, given))
        if tag == "form":
            self.forms.append(Form(given))
        if tag == "input" and "name" in given and given.get("type") != "checkbox":
            self.forms[-1].fields[given["name"]] = given.get("value", "")


class Form:
    def __init__(self, given: dict[str, str]) -> None:
        self.does = given.get("data-mfa", "")
        self.action = given.get("action", "")
        self.fields: dict[str, str] = {}


class Shown:
    """A page that a browser shows, and where it is."""

    def __init__(self, answer: Any) -> None:  # noqa: ANN401 - what the client of tests makes of it
        self.answer = answer
        self.status: int = answer.status_code
        self.path: str = answer.wsgi_request.get_full_path()
        self.where = unquote(self.path)
        self.html: str = answer.content.decode()
        self.elements = Elements(self.html)

    @property
    def text(self) -> str:
        return words(self.html)

    def all(self, name: str) -> list[dict[str, str]]:
        return [given for _, given in self.elements.found if given.get("data-mfa") == name]

    def inside(self, name: str) -> str:
        """What stands in the first element of that name."""
        match = re.search(rf'<(\w+)[^>]*data-mfa="{name}".*?</\1>', self.html, re.DOTALL)
        assert match is not None, self.text
        return words(match[0])

    def form(self, does: str, **where: str) -> Form:
        found = [each for each in self.elements.forms if each.does == does and where.items() <= each.fields.items()]
        assert found, (does, self.text)
        return found[0]


class Person:
    def __init__(self, site: Site, user: User) -> None:
        self.site = site
        self.user = user
        self.client = Client(enforce_csrf_checks=True, headers=HTML)
        self.client.force_login(user)

    def elsewhere(self) -> "Person":
        """The same person, logged in by another browser."""
        return Person(self.site, self.user)

    @property
    def token(self) -> Token:
        return _token(self.user, self.client.session[IDENTITY])

    def enrol(self) -> App:
        """An authenticator app, which verifies the session."""
        return self.site.world.enrolled(self.token)

    def get(self, path: str) -> Shown:
        return Shown(self.client.get(path, follow=True))

    def once(self, path: str, **headers: str) -> Any:  # noqa: ANN401 - what the client of tests makes of it
        return self.client.get(path, headers=headers)

    def submit(self, page: Shown, does: str, where: dict[str, str] | None = None, **fields: str) -> Shown:
        return Shown(self.post(page, does, where, follow=True, **fields))

    def post(
        self, page: Shown, does: str, where: dict[str, str] | None = None, *, follow: bool = False, **fields: str
    ) -> Any:  # noqa: ANN401 - as above
        """Send a form as a browser does: with what is hidden in it, and from where."""
        form = page.form(does, **where or {})
        referer = f"http://testserver{page.path}"
        return self.client.post(
            form.action or page.path, {**form.fields, **fields}, headers={"Referer": referer}, follow=follow
        )

    def pass_time(self) -> None:
        self.site.world.clock.advance(STEP)


def words(html: str) -> str:
    """What a person reads of some HTML."""
    found = re.sub(r"<(style|script|title).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(
        unescape(re.sub(r"<(?!/?span)[^>]*>", " ", found)).replace("<span>", "").replace("</span>", "").split()
    )
