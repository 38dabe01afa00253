"""What the page about mails lists is all that there is."""

from mfa.adapters.django.notices import TOLD, folder
from mfa.adapters.templates import TEMPLATES
from tests.docs.pages import ROOT, rows

PAGE = ROOT / "docs" / "mails.md"


def test_every_mail_is_told_with_its_folder() -> None:
    told = {event.strip("`"): place.strip("`") for event, _, place in rows(PAGE, "What is mailed")}

    assert told == {kind.name: folder(kind).rpartition("/")[2] for kind in TOLD}
    assert {each.name for each in (TEMPLATES / "mfa" / "notices").iterdir() if each.is_dir()} == {*told.values()}


def test_every_page_is_told() -> None:
    text = PAGE.read_text()

    assert [each.name for each in (TEMPLATES / "mfa" / "not_me").iterdir() if each.name not in text] == []
