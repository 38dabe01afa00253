"""Codes by SMS through Twilio, with nothing but the standard library."""

import json
import os
from base64 import b64encode
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

from mfa.adapters.senders.wording import worded
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender

LONGEST_VALIDITY = timedelta(hours=10)
"""What Twilio allows for ``ValidityPeriod``: 1 to 36,000 seconds."""

MOST_BYTES = 65536
"""An answer of Twilio's has a few hundred bytes; no more than this is read."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_UNSENT = {"canceled", "failed", "undelivered"}


class NotSent(Exception):
    """Twilio did not take the message; says with which status and error number, and nothing of the message."""


class TwilioSender(Sender):
    """Sends an SMS by Twilio's Messages resource.

    It is made without arguments and configured in the environment, or by a subclass that sets the attribute:

    * ``TWILIO_ACCOUNT_SID`` (``account_sid``) and ``TWILIO_AUTH_TOKEN`` (``auth_token``): the credentials;
    * ``TWILIO_FROM`` (``from_number``): the number or the name that sends, or in its place
      ``TWILIO_MESSAGING_SERVICE_SID`` (``messaging_service_sid``);
    * ``TWILIO_BASE_URL`` (``base_url``): ``https://api.twilio.com`` by default; plain HTTP only to this machine.

    Attributes alone are ``timeout``, the seconds that Twilio may take for each answer, and ``issuer``, the name of the
    site. The wording is in the template ``mfa/sms/body.txt``. Redirects are not followed: credentials and code would
    go where nobody sent them. A message that waits at Twilio is dropped when its code has expired.
    """

    account_sid: ClassVar[str] = ""
    auth_token: ClassVar[str] = ""
    from_number: ClassVar[str] = ""
    messaging_service_sid: ClassVar[str] = ""
    base_url: ClassVar[str] = ""
    issuer: ClassVar[str] = ""
    timeout: ClassVar[float] = 10

    def __init__(self) -> None:
        """Read the configuration; raises ``ImproperlyConfigured``, naming what is missing."""
        account_sid = self.account_sid or _required("TWILIO_ACCOUNT_SID")
        auth_token = self.auth_token or _required("TWILIO_AUTH_TOKEN")
        service = self.messaging_service_sid or os.environ.get("TWILIO_MESSAGING_SERVICE_SID", "")
        self._origin = {"MessagingServiceSid": service}
        if not service:
            self._origin = {"From": self.from_number or _required("TWILIO_FROM")}
        url = urlsplit(self.base_url or os.environ.get("TWILIO_BASE_URL", "https://api.twilio.com"))
        self._secure, self._host, self._port = url.scheme == "https", url.hostname or "", url.port
        if not self._host or not (self._secure or (url.scheme == "http" and self._host in _LOOPBACK)):
            raise ImproperlyConfigured("TWILIO_BASE_URL is an https URL, or an http one of this machine.")
        self._path = f"{url.path.rstrip('/')}/2010-04-01/Accounts/{quote(account_sid, safe='')}/Messages.json"
        self._credentials = b64encode(f"{account_sid}:{auth_token}".encode()).decode()

    def send(self, message: Message) -> None:
        """Hand a code to Twilio; raises ``DeliveryTimedOut`` and ``NotSent``."""
        validity = max(int(min(message.lifetime, LONGEST_VALIDITY).total_seconds()), 1)
        form = {
            "To": message.destination,
            **self._origin,
            "Body": worded("mfa/sms/body.txt", message, self.issuer).strip(),
            "ValidityPeriod": validity,
        }
        headers = {
            "Accept": "application/json",
            "Authorization": f"Basic {self._credentials}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        kind = HTTPSConnection if self._secure else HTTPConnection
        try:
            with closing(kind(self._host, self._port, timeout=self.timeout)) as connection:
                connection.request("POST", self._path, urlencode(form).encode(), headers)
                _check(connection.getresponse())
        except TimeoutError:
            raise DeliveryTimedOut from None
        except (OSError, HTTPException) as failure:
            # Not chained, and only the kind: an exception of the connection may quote what came over it.
            raise NotSent(f"There was no answer from Twilio ({type(failure).__name__}).") from None


def _required(variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise ImproperlyConfigured(f"{variable} is not set in the environment.")
    return value


def _check(response: HTTPResponse) -> None:
    """Believe only an answer that Twilio gives: a proxy on the way says 200 to anything."""
    content = response.read(MOST_BYTES)
    try:
        read: Any = json.loads(content)
    except (ValueError, RecursionError):
        read = None
    answer = read if isinstance(read, dict) else {}
    if not 200 <= response.status < 300:  # noqa: PLR2004 - the successes of HTTP (RFC 9110 section 15.3)
        number = answer.get("code")
        raise NotSent(f"Twilio answered {response.status}, error {number if isinstance(number, int) else 'unknown'}.")
    if not isinstance(answer.get("sid"), str) or answer.get("status") in _UNSENT:
        raise NotSent("Twilio's answer names no message that was accepted.")
