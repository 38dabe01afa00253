"""The catalogues of sentences: ``make messages`` brings them up to date, and ``make lint`` says where they are not.

Every sentence of the package is in one catalogue a language, beside the templates of the adapter for Django. Django
reads the compiled form, which is committed as well, so that a clone, a wheel and an archive all have it, and nobody
needs the tools of gettext.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from gettext import c2py
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "mfa"
LOCALES = SOURCES / "adapters" / "django" / "locale"

_TWO = "nplurals=2; plural=(n != 1);"
_TWO_FROM_TWO_ON = "nplurals=2; plural=(n > 1);"
_ONE = "nplurals=1; plural=0;"
_SLAVIC = "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"

LANGUAGES: Mapping[str, str] = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
    "de": _TWO,
    "en": _TWO,
    "es": _TWO,
    "fr": _TWO_FROM_TWO_ON,
    "it": _TWO,
    "ja": _ONE,
    "nl": _TWO,
    "pl": f"nplurals=3; plural=(n==1 ? 0 : {_SLAVIC});",
    "pt_BR": _TWO_FROM_TWO_ON,
    "tr": _TWO_FROM_TWO_ON,
    "uk": f"nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : {_SLAVIC});",
    "zh_Hans": _ONE,
}
"""Django's names of the languages, and how each counts (the manual of gettext, "Plural forms")."""

ENGLISH = "en"
"""What the sentences are written in, so that its catalogue fills itself."""

COUNTED = 1000
"""Numbers by which the forms of a plural are told apart."""

MARKS: Mapping[str, tuple[str, ...]] = {
    "_": ("msgid",),
    "gettext": ("msgid",),
    "gettext_lazy": ("msgid",),
    "gettext_noop": ("msgid",),
    "ngettext": ("msgid", "msgid_plural"),
    "pgettext": ("msgctxt", "msgid"),
    "pgettext_lazy": ("msgctxt", "msgid"),
    "npgettext": ("msgctxt", "msgid", "msgid_plural"),
}
"""The functions that mark a sentence, and what their arguments are."""

_MARKED_IN_TEMPLATE = re.compile(r"\b(?:_|n?p?gettext)\(")
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]")
_TAG = re.compile(r"<[^>]*>")

Key = tuple[str | None, str]
"""The context of a sentence, and the sentence."""


class NotMarked(Exception):
    """A sentence that is put together before it is translated, so that no catalogue can have it."""


# What the sources say


def sentences(sources: Path = SOURCES) -> dict[Key, polib.POEntry]:
    """Return every sentence that is marked, by files in their order, and within each as it is met."""
    found: dict[Key, polib.POEntry] = {}
    for path in sorted(sources.rglob("*")):
        place = path.relative_to(sources.parent).as_posix()
        for marked in _marked(path):
            made = polib.POEntry(**marked)
            entry = found.setdefault(_key(made), made)
            entry.msgid_plural = entry.msgid_plural or made.msgid_plural
            if (place, "") not in entry.occurrences:
                entry.occurrences.append((place, ""))
            if _PLACEHOLDER.search(entry.msgid + entry.msgid_plural) and "python-format" not in entry.flags:
                entry.flags.append("python-format")
    return found


def _marked(path: Path) -> Iterator[dict[str, str]]:
    if path.suffix == ".py":
        yield from _in_python(path.read_text(), path)
    elif path.suffix in {".html", ".txt"}:
        text = templatize(path.read_text(), origin=str(path))
        for match in _MARKED_IN_TEMPLATE.finditer(text):
            yield from _in_python(_call_at(text, match.start()), path)


def _call_at(text: str, start: int) -> str:
    """Return the whole of a call, which ends at the first parenthesis by which it is one."""
    end = start
    while True:
        end = text.index(")", end) + 1
        try:
            ast.parse(text[start:end])
        except SyntaxError:
            continue
        return text[start:end]


def _in_python(text: str, path: Path) -> Iterator[dict[str, str]]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in MARKS:
            continue
        names = MARKS[node.func.id]
        given = node.args[: len(names)]
        if any(isinstance(each, ast.JoinedStr | ast.BinOp) for each in given):
            raise NotMarked(f"{path}, line {node.lineno}: {ast.unparse(node)}")
        # What is no constant is a word of the core, which is marked elsewhere.
        if all(isinstance(each, ast.Constant) for each in given):
            yield {name: ast.literal_eval(each) for name, each in zip(names, given, strict=True)}


def _key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid


# What a catalogue has


def catalogue(language: str, folder: Path = LOCALES) -> Path:
    return folder / language / "LC_MESSAGES" / "django.po"


def heading(language: str) -> dict[str, str]:
    """Return the headers that a program needs: no date, no name, nothing of anybody's machine."""
    return {
        "Project-Id-Version": "drf-mfa",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": LANGUAGES[language],
    }


def update(language: str, wanted: Mapping[Key, polib.POEntry], folder: Path = LOCALES) -> int:
    """Write a catalogue anew, with what is translated already, and compile it; return how many are not."""
    path = catalogue(language, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {_key(each): each for each in polib.pofile(str(path))} if path.exists() else {}
    made = polib.POFile(wrapwidth=110)
    made.metadata = heading(language)
    for key, entry in wanted.items():
        old = known.get(key, polib.POEntry())
        new = polib.POEntry(
            **{name: getattr(entry, name) for name in ("msgctxt", "msgid", "msgid_plural", "occurrences", "flags")}
        )
        forms = _english(entry) if language == ENGLISH else _forms(old)
        if not entry.msgid_plural:
            new.msgstr = forms.get(0, "")
        else:
            new.msgstr_plural = {form: forms.get(form, "") for form in range(_plural(language)[0])}
        new.tcomment = old.tcomment
        made.append(new)
    made.save(str(path))
    made.save_as_mofile(str(path.with_suffix(".mo")))
    return len(made.untranslated_entries())


def _english(entry: polib.POEntry) -> dict[int, str]:
    return {0: entry.msgid, 1: entry.msgid_plural}


def _forms(entry: polib.POEntry) -> dict[int, str]:
    return dict(entry.msgstr_plural) if entry.msgstr_plural else {0: entry.msgstr}


def _plural(language: str) -> tuple[int, Callable[[int], int]]:
    """Return how many forms a language has, and what chooses one by a number."""
    number, expression = (part.partition("=")[2] for part in LANGUAGES[language].rstrip(";").split("; "))
    return int(number), c2py(expression)


# What is wrong with it


def problems(language: str, wanted: Mapping[Key, polib.POEntry], folder: Path = LOCALES) -> Iterator[str]:
    """Say what is missing in a catalogue, what is in it for nothing, and what would not work when it is said."""
    path = catalogue(language, folder)
    if not path.exists():
        yield f"there is none: make messages ARGS={language}"
        return
    found = polib.pofile(str(path))
    if found.metadata != heading(language):
        yield "its headers are others than make messages writes"
    entries = {_key(each): each for each in found if not each.obsolete}
    if len(entries) < len(found):
        yield "it has sentences twice, or such as are kept as obsolete"
    yield from (f"it knows nothing of {_shown(key)}" for key in wanted.keys() - entries.keys())
    yield from (f"nobody says {_shown(key)} any more" for key in entries.keys() - wanted.keys())
    for key in wanted.keys() & entries.keys():
        yield from (f"{_shown(key)}: {problem}" for problem in _wrong(language, wanted[key], entries[key]))
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != found.to_binary():
        yield "what is compiled is not what is written: make messages"


def _shown(key: Key) -> str:
    return repr(key[1]) if key[0] is None else f"{key[1]!r} ({key[0]})"


def _wrong(language: str, wanted: polib.POEntry, found: polib.POEntry) -> Iterator[str]:
    forms = _forms(found)
    if "fuzzy" in found.flags:
        yield "it is only guessed (fuzzy)"
    if bool(found.msgid_plural) != bool(wanted.msgid_plural) or found.msgid_plural != wanted.msgid_plural:
        yield "its plural is another"
        return
    if len(forms) != (_plural(language)[0] if wanted.msgid_plural else 1):
        yield f"there are {len(forms)} forms"
    if not all(forms.values()):
        yield "it is not translated"
        return
    if language == ENGLISH and forms != {form: text for form, text in _english(wanted).items() if text}:
        yield "it is English, and not as it is written"
    for form, text in forms.items():
        yield from _wrong_in(text, wanted.msgid_plural or wanted.msgid)
        if not _fits(_PLACEHOLDER.findall(text), wanted, alone=_alone(language, form)):
            yield f"placeholders differ in {text!r}"


def _wrong_in(text: str, model: str) -> Iterator[str]:
    """Say what differs that would be seen on a page, where a translation may stand in an attribute of HTML."""
    if Counter(_TAG.findall(text)) != Counter(_TAG.findall(model)):
        yield f"markup differs in {text!r}"
    if (text != text.strip()) and (model == model.strip()):
        yield f"there is white space around {text!r}"
    if {*'"<>&'} & ({*_TAG.sub("", text)} - {*_TAG.sub("", model)}):
        yield f"a straight quotation mark or a sign of HTML is in {text!r}"


def _alone(language: str, form: int) -> bool:
    """Tell whether a form is said of one number alone, and so may leave it out."""
    _, choose = _plural(language)
    return [choose(number) for number in range(COUNTED)].count(form) == 1


def _fits(placeholders: list[str], wanted: polib.POEntry, *, alone: bool) -> bool:
    every = Counter(_PLACEHOLDER.findall(wanted.msgid_plural or wanted.msgid))
    allowed = [every]
    if wanted.msgid_plural and alone:
        once = Counter(_PLACEHOLDER.findall(wanted.msgid))
        # The number is what the singular does not have, or else the only one that there is.
        allowed.append(once if once != every else Counter() if len(every) == 1 else every)
    return Counter(placeholders) in allowed


# The command


def main(arguments: Iterable[str]) -> int:
    """Bring the catalogues of all or the named languages up to date; with ``--check``, only say what is wrong."""
    options, named = {"--check"} & {*arguments}, [each for each in arguments if not each.startswith("-")]
    if unknown := {*named} - LANGUAGES.keys():
        print("no language of the package:", *sorted(unknown), file=sys.stderr)
        return 2
    try:
        wanted = sentences()
    except NotMarked as mistake:
        print("no catalogue can have a sentence that is put together:", mistake, file=sys.stderr)
        return 1
    found = 0
    for language in named or LANGUAGES:
        if options:
            for problem in sorted(problems(language, wanted)):
                found += 1
                print(f"{catalogue(language).relative_to(ROOT)}: {problem}", file=sys.stderr)
        elif missing := update(language, wanted):
            print(f"{catalogue(language).relative_to(ROOT)}: {missing} of {len(wanted)} are not translated")
    if options and not found:
        print(f"{len(wanted)} sentences in {len(named or LANGUAGES)} languages are complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
