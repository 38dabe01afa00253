"""Who sends text messages: the package's own sender, with less patience than a person has."""

import os

from mfa.adapters.senders.twilio import TwilioSender


class GatewaySender(TwilioSender):
    issuer = os.environ["E2E_SMS_ISSUER"]
    timeout = 2
