"""What messages say, as templates that a project overrides like any other."""

from datetime import timedelta
from ipaddress import ip_address

from mfa.adapters.accessor import use_cases
from mfa.adapters.templates import rendered
from mfa.application.ports.delivery import Message


def worded(template: str, message: Message, issuer: str) -> str:
    """Word a message by a template, whose context is ``code``, ``minutes``, ``issuer``, ``host`` and ``device_name``.

    ``host`` is the domain that passkeys are bound to, or else the one that was asked for the code. The last line of a
    text message binds the code to it, so that a browser offers it on no other site (WICG, "Origin-bound one-time codes
    delivered via SMS", Authoring). ``issuer`` names the site, where a sender does not by the settings or the host.

    Minutes are rounded down, to zero under one minute: a code is never said to live longer than it does. A project
    whose ``TEMPLATES`` do not look into apps, or which has none, gets the package's own wording.
    """
    deployed = use_cases()
    host = deployed.relying_party_id or _domain(message.site)
    context = {
        "code": message.code,
        "minutes": message.lifetime // timedelta(minutes=1),
        "issuer": issuer or deployed.issuer or host,
        "host": host,
        "device_name": message.device_name,
    }
    return rendered(template, context)


def _domain(site: str) -> str:
    """Return a host that is a name; an address of the network names nothing to a person, and binds nothing."""
    try:
        ip_address(site.strip("[]"))
    except ValueError:
        return site
    return ""
