"""From where a request of Django comes."""

from ipaddress import ip_address
from typing import Any

import attrs

from mfa.application.ports.audit import Client, ClientAddress
from mfa.domain.trusts import described


@attrs.frozen(kw_only=True)
class RequestClientAddress(ClientAddress):
    """Reads the peer's address, or behind so many proxies what the outermost of them has seen.

    Each proxy appends to ``X-Forwarded-For`` whom it was asked by, so the entries that can be believed are counted from
    the right; whatever stands further left may be anybody's invention.
    """

    trusted_proxies: int = 0

    def client_of(self, request: object) -> Client:
        """Return the address, where it is one, and what the browser says of itself, fit for a list."""
        meta: dict[str, Any] = getattr(request, "META", {})
        return Client(address=_address(self._said(meta)), user_agent=described(meta.get("HTTP_USER_AGENT", "")))

    def _said(self, meta: dict[str, Any]) -> str:
        peer = str(meta.get("REMOTE_ADDR", ""))
        forwarded = [each.strip() for each in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
        if not self.trusted_proxies or len(forwarded) < self.trusted_proxies:
            return peer
        return forwarded[-self.trusted_proxies]


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None
