"""Mails that tell a user what has happened to the account, and let him say that it was not him."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import attrs
from django.utils import timezone, translation
from django.utils.translation import gettext

from mfa.adapters import links
from mfa.adapters.accessor import use_cases
from mfa.adapters.django import conf
from mfa.adapters.django.browsers import browser_name
from mfa.adapters.templates import rendered
from mfa.application.ports.audit import USER, current_origin
from mfa.application.ports.delivery import DeliveryTimedOut, Notice, NoticeSender
from mfa.application.ports.notifying import Notifier
from mfa.application.ports.system import Clock, Entropy
from mfa.application.ports.users import UserDirectory
from mfa.application.transactions import retried
from mfa.domain import events
from mfa.domain.events import AccountEvent, Event
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile

TOLD: tuple[type[AccountEvent], ...] = (
    events.OperatorReset,
    events.OperatorPassIssued,
    events.PassUsed,
    events.RecoveryCodeUsed,
    events.DeviceActivated,
    events.DeviceRemoved,
    events.DeviceDisabled,
    events.BrowserRemembered,
    events.NewBrowserLoggedIn,
)
"""What a user is mailed of; what was committed together is one mail of each kind."""

_GOING = (events.OperatorReset, events.DeviceRemoved)
"""What the addresses of devices that go are mailed of, too."""

logger = logging.getLogger("mfa")


def folder(kind: type[AccountEvent]) -> str:
    """Return where the words of a mail are: ``subject.txt`` and ``body.txt``."""
    return f"mfa/notices/{kind.name.replace('.', '_')}"


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class MailNotifier(Notifier):
    """Mails users by the sender of codes; what fails is logged, without a word of the mail.

    No mail has a word that anybody chose, neither the name of a device nor what a browser says of itself: whoever is in
    could otherwise write to the owner in the site's name. ``url`` is where the site answers; without it, and where no
    route leads to the page, mails have no link. What a user did is written in the language of the request, and all else
    in that of the site, where nobody knows the user's own.
    """

    sender: NoticeSender
    users: UserDirectory
    clock: Clock
    entropy: Entropy
    issuer: str
    url: str | None

    def notify(self, events: Sequence[Event], addresses: Mapping[int, str]) -> None:
        """Mail what is to be told of events that were committed together."""
        try:
            for notice in self._notices(_by_kind(events), addresses):
                self._send(notice)
        except DeliveryTimedOut:
            # The answer waits for no second mail to a server that is silent.
            logger.error("A notice was not delivered: timed out")  # noqa: TRY400 - a traceback may hold the address
        except Exception as failure:  # noqa: BLE001 - whatever it is, the change is made and has to be answered
            _log(failure)

    def _send(self, notice: Notice) -> None:
        try:
            self.sender.send_notice(notice)
        except DeliveryTimedOut:
            raise
        except Exception as failure:  # noqa: BLE001 - as above, and the next address may be a better one
            _log(failure)

    def _notices(
        self, told: Mapping[type[AccountEvent], Sequence[AccountEvent]], addresses: Mapping[int, str]
    ) -> Iterator[Notice]:
        if not told:
            return
        user_id = next(iter(told.values()))[0].user_id
        profile = retried(lambda: self.users.profile(user_id))
        language = _language_of(profile)
        for kind, happened in told.items():
            going = addresses.values() if kind in _GOING else ()
            # One mail where two addresses are the same, in whatever case they are written.
            destinations = {address.casefold(): address for address in (*going, profile.email) if address}
            with translation.override(language):
                notices = self._worded(kind, happened, [*destinations.values()])
            yield from notices

    def _worded(
        self, kind: type[AccountEvent], happened: Sequence[AccountEvent], destinations: Sequence[str]
    ) -> Sequence[Notice]:
        if not destinations:
            return ()
        place, context = folder(kind), {"issuer": self.issuer, **_what(happened)}
        subject = " ".join(rendered(f"{place}/subject.txt", context).split())
        what = rendered(f"{place}/body.txt", context).strip()
        around = {
            **context,
            **_where(),
            "subject": subject,
            "what": what,
            **_when(happened[0].at),
            "link": self._link(happened[0].user_id),
        }
        text, html = (rendered(f"mfa/notices/frame.{form}", around) for form in ("txt", "html"))
        return [Notice(destination=each, subject=subject, text=text, html=html) for each in destinations]

    def _link(self, user_id: UserId) -> str:
        if self.url is None:
            return ""
        path = links.path_to(links.made(user_id, self.entropy, self.clock.now()))
        return path and self.url.rstrip("/") + path


def issuer_of(name: str, relying_party_id: str | None, url: str | None) -> str:
    """Return what mails call the site: its name, or else its domain; empty where neither is known."""
    return name or relying_party_id or urlsplit(url or "").hostname or ""


def _language_of(profile: Profile) -> str | None:
    """Return in which language to write to a user; what an operator reads is no reason to write to others in it."""
    try:
        return translation.get_supported_language_variant(profile.language)
    except LookupError:
        return translation.get_language() if current_origin().actor == USER else conf.language()


def _by_kind(happened: Sequence[Event]) -> Mapping[type[AccountEvent], Sequence[AccountEvent]]:
    """Return what is told, by kind; a reset tells itself of the devices that went with it."""
    found: dict[type[AccountEvent], list[AccountEvent]] = {}
    for event in happened:
        if isinstance(event, TOLD):
            found.setdefault(type(event), []).append(event)
    if events.OperatorReset in found:
        found.pop(events.DeviceRemoved, None)
    return found


def _what(happened: Sequence[AccountEvent]) -> dict[str, object]:
    """Return which methods it concerns, as a person calls them, and how many recovery codes are left."""
    names = dict.fromkeys(getattr(each, "method", "") for each in happened)
    verbose = [gettext(use_cases().methods.verbose_name(name)) for name in names if name]
    return {"methods": gettext(", ").join(verbose), "remaining": getattr(happened[0], "remaining", None)}


def _when(at: datetime) -> dict[str, object]:
    """Return when it was, and beside the time of the site that of the world, where it is another."""
    there = timezone.localtime(at)
    return {"at": there, "utc": f"{at.astimezone(UTC):%H:%M} UTC" if there.utcoffset() else ""}


def _where() -> dict[str, object]:
    """Return from where it was done, and by whom; of an operator nothing but that it was one."""
    origin = current_origin()
    if origin.actor != USER:
        return {"operator": True, "address": "", "browser": ""}
    return {
        "operator": False,
        "address": origin.client.address or "",
        "browser": browser_name(origin.client.user_agent),
    }


def _log(failure: Exception) -> None:
    # Only the kind: what a mail system puts into its exceptions may hold the address.
    logger.error("A notice was not delivered: %s", type(failure).__name__)
