"""From where a request of Django comes."""

import re
from ipaddress import IPv6Address, ip_address
from typing import Any

import attrs

from mfa.application.ports.audit import Client, ClientAddress
from mfa.domain.trusts import described

MOST_USER_AGENT_CHARACTERS = 255
"""What the column of the audit trail holds."""

_WITH_PORT = r"\[(?P<bracketed>[^\]]*)\](?::\d{1,5})?|(?P<plain>[^:]*):\d{1,5}"
"""How some proxies write whom they were asked by: ``192.0.2.1:4711``, ``[2001:db8::1]:4711``."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class RequestClientAddress(ClientAddress):
    """Reads the peer's address, or behind so many proxies what the outermost of them has seen.

    Each proxy appends to ``X-Forwarded-For`` whom it was asked by, so the entries that can be believed are counted from
    the right; whatever stands further left may be anybody's invention.
    """

    trusted_proxies: int = 0

    def client_of(self, request: object) -> Client:
        """Return the address, where it is one, and what the browser says of itself, fit for a list."""
        meta: dict[str, Any] = getattr(request, "META", {})
        agent = described(str(meta.get("HTTP_USER_AGENT", "")), MOST_USER_AGENT_CHARACTERS)
        return Client(address=_address(self._said(meta)), user_agent=agent)

    def _said(self, meta: dict[str, Any]) -> str:
        if self.trusted_proxies:
            # Empty elements of a list are none (RFC 9110 section 5.6.1), nor is a header that nobody has sent.
            entries = (each.strip() for each in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(","))
            forwarded = [each for each in entries if each]
            if len(forwarded) >= self.trusted_proxies:
                return forwarded[-self.trusted_proxies]
        return str(meta.get("REMOTE_ADDR", ""))


def _address(text: str) -> str | None:
    """Return an address in its one form, without a port; None for what is none.

    Without its zone, too: that means something to the machine alone, and may be any text (RFC 4007 section 11).
    """
    found = re.fullmatch(_WITH_PORT, text, re.ASCII)
    if found is not None:
        text = found["bracketed"] if found["plain"] is None else found["plain"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # As a server that listens on both kinds of addresses names a client of the older kind.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
