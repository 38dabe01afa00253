"""Phone numbers, by the library ``phonenumbers`` from the extra ``sms``."""

import unicodedata

import phonenumbers

from mfa.application.ports.delivery import Addressing
from mfa.domain.errors import InvalidField
from mfa.domain.methods.out_of_band import Address

COSTLY = {phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST}
"""Numbers that pay their owner for every call and message; one that is registered here would earn by dispatches."""


class PhonenumbersAddressing(Addressing):
    """Reads phone numbers in any common writing and keeps them as E.164.

    ``region`` is the ISO 3166-1 code of the country whose national writing is taken too, and whose prefix of
    international calls; without it, a number starts with ``+``, or with the ``00`` of most countries, and its country
    code.
    """

    def __init__(self, region: str | None = None) -> None:
        """Take the region; raises ``ValueError`` for one that does not exist."""
        if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"{region!r} is not the ISO 3166-1 code of a country, such as 'NL'.")
        self._region = region

    def read(self, text: str, field: str) -> Address:
        """Check, normalise and mask a number; raises ``InvalidField``: ``required`` or ``invalid_phone_number``.

        The mask shows the country and two digits, and not even how long the number is.
        """
        if not text.strip():
            raise InvalidField(field, "required")
        number = self._parsed("".join(map(_plain, text)).strip())
        valid = number is not None and phonenumbers.is_valid_number(number) and not number.extension
        if number is None or not valid or phonenumbers.number_type(number) in COSTLY:
            raise InvalidField(field, "invalid_phone_number")
        full = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return Address(full=full, masked=f"+{number.country_code} ** ****{full[-2:]}")

    def _parsed(self, text: str) -> phonenumbers.PhoneNumber | None:
        # The library would take the letters on the keys for digits, and skip what stands around a number.
        if any(unicodedata.category(each)[0] in "LC" for each in text):
            return None
        if self._region is None and text.startswith("00"):
            text = "+" + text.removeprefix("00")
        try:
            return phonenumbers.parse(text, self._region)
        except phonenumbers.NumberParseException:
            return None


def _plain(character: str) -> str:
    """Return what stands in a number as the library knows it: of what typesetters put between groups, it knows a few.

    Marks of direction and the like, which address books put around a number that is copied, are nothing.
    """
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Zs":
            return " "
        case "Pd":
            return "-"
    return character
