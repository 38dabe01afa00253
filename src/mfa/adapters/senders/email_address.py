"""Mail addresses, by Django's own validator."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from mfa.application.ports.delivery import Addressing
from mfa.domain.errors import InvalidField
from mfa.domain.methods.out_of_band import Address

MOST_CHARACTERS = 254
"""What fits between the angle brackets of an SMTP path (RFC 5321 section 4.5.3.1.3)."""

_validate = EmailValidator()


class DjangoEmailAddressing(Addressing):
    """Reads mail addresses."""

    def read(self, text: str, field: str) -> Address:
        """Check, normalise and mask an address; raises ``InvalidField`` with ``required`` or ``invalid_email``.

        Only the domain is lowercased: the part before it belongs to the mail server (RFC 5321 section 2.4).
        Control characters would write headers of their own. Quoted names such as ``"a@other.example "@example.com``
        are legal and refused: programs disagree about where they end, and some deliver to the other address.
        """
        address = text.strip()
        if not address:
            raise InvalidField(field, "required")
        name, _, domain = address.rpartition("@")
        domain = domain.lower()
        address = f"{name}@{domain}"
        unsafe = '"' in address or any(unicodedata.category(each).startswith("C") for each in text)
        try:
            _validate(address)
        except ValidationError:
            unsafe = True
        if unsafe or len(address) > MOST_CHARACTERS:
            raise InvalidField(field, "invalid_email")
        return Address(full=address, masked=f"{name[0]}***@{domain}")
