"""The page about languages lists those that there are, and replaces sentences that there are."""

import polib
from django.utils.translation import to_locale

from tests.catalogues import LANGUAGES, LOCALES
from tests.docs.pages import ROOT, blocks, rows

PAGE = ROOT / "docs" / "languages.md"


def test_every_language_is_told_as_django_calls_it() -> None:
    told = {name.strip("`"): folder.strip("`") for _, name, folder in rows(PAGE, "Languages")}

    assert sorted(told.values()) == sorted(LANGUAGES) == sorted(each.name for each in LOCALES.iterdir())
    assert {name: to_locale(name) for name in told} == told


def test_what_is_replaced_is_said_somewhere() -> None:
    [shown] = blocks(PAGE, "po")
    said = polib.pofile(str(LOCALES / "en" / "LC_MESSAGES" / "django.po"))
    replaced = polib.pofile(shown.text)

    assert len(replaced) == 2
    assert [each for each in replaced if said.find(each.msgid, msgctxt=each.msgctxt or False) is None] == []
