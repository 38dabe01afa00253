"""Every sentence is marked, and a catalogue that would not do is noticed."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import polib
import pytest
from django.template.base import Lexer, TokenType

from mfa.config import Config
from mfa.containers.memory import MemoryContainer
from tests import catalogues
from tests.catalogues import ENGLISH, LANGUAGES, SOURCES, Key, NotMarked, problems, sentences, update

PYTHON = """
from django.utils.translation import gettext, ngettext, pgettext

gettext("Nothing yet.")
pgettext("events", "None.")
ngettext("One code is left at %(site)s.", "%(count)d codes are left at %(site)s.", 3)
gettext(word)
"""
TEMPLATE = """{% load i18n %}
<p title="{% translate "Nothing yet." %}">{% blocktranslate trimmed count left=left %}
<b>{{ left }}</b> is left.{% plural %}<b>{{ left }}</b> are left.{% endblocktranslate %}</p>
{{ site|default:_("A site") }}{% translate "None." context "events" %}
"""
LEFT = "One code is left at %(site)s."
POLISH: dict[str, str | tuple[str, ...]] = {
    "Nothing yet.": "Jeszcze nic.",
    "None.": "Brak.",
    "A site": "Strona",
    LEFT: ("Został jeden kod na %(site)s.", "Na %(site)s zostały %(count)d kody.", "Na %(site)s %(count)d kodów."),
    "<b>%(left)s</b> is left.": ("<b>%(left)s</b> raz", "<b>%(left)s</b> razy", "<b>%(left)s</b> razy."),
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "mfa").mkdir()
    (tmp_path / "mfa" / "some.py").write_text(PYTHON)
    (tmp_path / "mfa" / "some.html").write_text(TEMPLATE)
    return tmp_path / "mfa"


def translated(folder: Path, words: dict[str, str | tuple[str, ...]]) -> polib.POFile:
    found = polib.pofile(str(catalogues.catalogue("pl", folder)))
    for entry in found:
        given = words[entry.msgid]
        if isinstance(given, str):
            entry.msgstr = given
        else:
            entry.msgstr_plural = dict(enumerate(given))
    return found


@pytest.fixture
def polish(sources: Path, tmp_path: Path) -> polib.POFile:
    """A catalogue in which all is well."""
    wanted = sentences(sources)
    update("pl", wanted, tmp_path)
    translated(tmp_path, POLISH).save()
    assert update("pl", wanted, tmp_path) == 0
    return polib.pofile(str(catalogues.catalogue("pl", tmp_path)))


def entry(catalogue: polib.POFile, msgid: str) -> polib.POEntry:
    return next(each for each in catalogue if each.msgid == msgid)


def test_what_is_marked_is_found_wherever_it_stands(sources: Path) -> None:
    found = sentences(sources)

    assert {(context, msgid, each.msgid_plural) for (context, msgid), each in found.items()} == {
        (None, "Nothing yet.", ""),
        ("events", "None.", ""),
        (None, LEFT, "%(count)d codes are left at %(site)s."),
        (None, "<b>%(left)s</b> is left.", "<b>%(left)s</b> are left."),
        (None, "A site", ""),
    }
    assert found[None, "Nothing yet."].occurrences == [("mfa/some.html", ""), ("mfa/some.py", "")]


def test_a_sentence_that_is_put_together_before_it_is_translated_is_none(sources: Path) -> None:
    (sources / "other.py").write_text('gettext(f"{count} codes")')

    with pytest.raises(NotMarked, match=r"other\.py, line 1"):
        sentences(sources)


def test_nothing_is_wrong_with_a_catalogue_in_which_all_is_well(
    sources: Path, tmp_path: Path, polish: polib.POFile
) -> None:
    assert [*problems("pl", sentences(sources), tmp_path)] == []
    update("en", sentences(sources), tmp_path)
    assert [*problems("en", sentences(sources), tmp_path)] == []


def _forget(catalogue: polib.POFile) -> None:
    entry(catalogue, "Nothing yet.").msgstr = ""


def _guess(catalogue: polib.POFile) -> None:
    entry(catalogue, "Nothing yet.").flags.append("fuzzy")


def _lose(catalogue: polib.POFile) -> None:
    catalogue.remove(entry(catalogue, "A site"))


def _keep(catalogue: polib.POFile) -> None:
    catalogue.append(polib.POEntry(msgid="Long ago", msgstr="Dawno"))


def _keep_aside(catalogue: polib.POFile) -> None:
    catalogue.append(polib.POEntry(msgid="Long ago", msgstr="Dawno", obsolete=True))


def _date(catalogue: polib.POFile) -> None:
    catalogue.metadata["PO-Revision-Date"] = "2026-01-31 12:00+0000"


def _lose_a_form(catalogue: polib.POFile) -> None:
    del entry(catalogue, LEFT).msgstr_plural[2]


def _lose_the_plural(catalogue: polib.POFile) -> None:
    entry(catalogue, LEFT).msgid_plural = ""


def _say(msgid: str, *forms: str) -> Callable[[polib.POFile], None]:
    def said(catalogue: polib.POFile) -> None:
        if len(forms) == 1:
            entry(catalogue, msgid).msgstr = forms[0]
        else:
            entry(catalogue, msgid).msgstr_plural = dict(enumerate(forms))

    return said


def _with(form: int, text: str, msgid: str = LEFT) -> Callable[[polib.POFile], None]:
    forms = [*POLISH[msgid]]
    forms[form] = text
    return _say(msgid, *forms)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_forget, "'Nothing yet.': it is not translated"),
        (_guess, "'Nothing yet.': it is only guessed"),
        (_lose, "it knows nothing of 'A site'"),
        (_keep, "nobody says 'Long ago' any more"),
        (_keep_aside, "such as are kept as obsolete"),
        (_date, "its headers are others"),
        (_lose_a_form, "there are 2 forms"),
        (_lose_the_plural, "its plural is another"),
        (_with(0, "Na %(site)s został kod %(number)d."), "placeholders differ"),
        (_with(0, "Został jeden kod."), "placeholders differ"),
        (_with(2, "Na %(site)s zostały kody."), "placeholders differ"),
        (_with(2, "Na %(site)s zostało %(count)s kodów."), "placeholders differ"),
        (_with(1, "%(left)s razy", "<b>%(left)s</b> is left."), "markup differs"),
        (_say("None.", 'Brak "wydarzeń".'), "a straight quotation mark"),
        (_say("None.", "Brak & koniec."), "a sign of HTML"),
        (_say("None.", "Brak. "), "'None.' (events): there is white space"),
    ],
)
def test_what_would_not_do_is_told(
    spoil: Callable[[polib.POFile], None], told: str, sources: Path, tmp_path: Path, polish: polib.POFile
) -> None:
    spoil(polish)
    polish.save()
    polish.save_as_mofile(str(Path(str(polish.fpath)).with_suffix(".mo")))

    [problem] = problems("pl", sentences(sources), tmp_path)

    assert told in problem


def test_so_is_what_was_not_compiled_or_not_begun(sources: Path, tmp_path: Path, polish: polib.POFile) -> None:
    entry(polish, "A site").msgstr = "Witryna"
    polish.save()

    assert [*problems("pl", sentences(sources), tmp_path)] == ["what is compiled is not what is written: make messages"]
    assert [*problems("uk", sentences(sources), tmp_path)] == ["there is none: make messages ARGS=uk"]


def test_a_catalogue_follows_the_sentences(sources: Path, tmp_path: Path, polish: polib.POFile) -> None:
    (sources / "some.py").write_text('gettext("Nothing more.")')

    assert update("pl", sentences(sources), tmp_path) == 1
    now = polib.pofile(str(catalogues.catalogue("pl", tmp_path)))
    assert {each.msgid: each.msgstr for each in now if not each.msgid_plural} == {
        "Nothing yet.": "Jeszcze nic.",
        "None.": "Brak.",
        "A site": "Strona",
        "Nothing more.": "",
    }


# The package's own

TEMPLATES = sorted(path for path in SOURCES.rglob("templates/**/*") if path.is_file())

_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_SAID_BY = re.compile(
    r'\b(?:alt|aria-label|placeholder|title|data-(?:cancelled|done|failed|registered|selected|unsupported))="([^"]*)"'
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def bare(template: str) -> Iterator[str]:
    """Every word that a template says itself, in no language but its own."""
    outside, inside = [], False
    for token in Lexer(template).tokenize():
        if token.token_type is TokenType.BLOCK:
            inside = token.contents.startswith("blocktranslate") or (inside and token.contents != "endblocktranslate")
        elif token.token_type is TokenType.TEXT and not inside:
            outside.append(token.contents)
    text = _STYLE.sub("", "".join(outside))
    for said in (*_SAID_BY.findall(text), re.sub(r"<[^>]*>", "", text)):
        yield from _WORD.findall(said)


def test_a_bare_word_is_found() -> None:
    template = '{% load i18n %}<a class="some" title="Go">{% translate "On" %}</a>{% blocktranslate %}a b{% plural %}c'
    assert [*bare(template + "{% endblocktranslate %} {{ name }}, and")] == ["Go", "and"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_template_has_a_word_that_is_not_marked(template: Path) -> None:
    assert [*bare(template.read_text())] == []


DJANGO = Path(django.__file__).parent
THEIRS = [DJANGO / place / "locale" for place in ("conf", "contrib/admin", "contrib/auth")]


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {ENGLISH}))
def test_what_django_says_as_well_is_said_as_django_says_it(language: str) -> None:
    said: dict[Key, set[str]] = {}
    for folder in THEIRS:
        for each in polib.mofile(str(catalogues.catalogue(language, folder).with_suffix(".mo"))):
            said.setdefault((each.msgctxt or None, each.msgid), set()).add(each.msgstr)
    # All catalogues become one, so that other words would be put into Django's mouth.
    ours = {(each.msgctxt, each.msgid): each.msgstr for each in polib.pofile(str(catalogues.catalogue(language)))}
    shared = {key: text for key, text in ours.items() if key in said and text}

    assert len(shared) > 3
    assert {key: text for key, text in shared.items() if text not in said[key]} == {}


def test_every_word_of_the_built_in_methods_is_marked() -> None:
    every = ("totp", "hotp", "email", "sms", "recovery", "webauthn")
    methods = MemoryContainer(config=Config(methods=every)).methods()
    names = {each.verbose_name for each in (*methods.all, *methods.reserved)}
    labels = {field.label for each in methods.all for field in each.fields}

    assert len(names) == len(every) + 1
    assert names | labels <= {text for _, text in sentences()}


REFUSALS = {"AuthenticationFailed", "InvalidToken", "NotFound", "ParseError", "TokenError", "ValidationError"}
"""What frameworks answer by the words that are given to it."""


def bare_refusals(text: str) -> list[str]:
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return [
        ast.unparse(call)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id in REFUSALS
        and any(isinstance(each, ast.Constant | ast.JoinedStr) for each in call.args[:1])
    ]


def test_a_bare_refusal_is_found() -> None:
    assert bare_refusals('raise ParseError(_("Odd."))\nraise ParseError("Odd.")') == ["ParseError('Odd.')"]


def test_no_answer_has_a_sentence_that_is_not_marked() -> None:
    places = [*(SOURCES / "adapters").rglob("*.py"), *(SOURCES / "pages").rglob("*.py")]
    assert [each for path in places for each in bare_refusals(path.read_text())] == []
