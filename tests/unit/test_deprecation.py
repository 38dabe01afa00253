"""How a deprecation is told."""

import warnings

import pytest

from mfa.deprecation import MfaDeprecationWarning


def test_the_warning_says_what_goes_and_when_and_what_takes_its_place() -> None:
    with pytest.warns(MfaDeprecationWarning) as warned:
        warnings.warn(MfaDeprecationWarning("TRUST_AGE", instead="TRUST_LIFETIME", gone_in="0.4"), stacklevel=2)

    [told] = [each.message for each in warned]
    assert isinstance(told, MfaDeprecationWarning)
    assert isinstance(told, DeprecationWarning)
    assert str(told) == "TRUST_AGE is deprecated and goes with drf-mfa 0.4. Use TRUST_LIFETIME instead."
    assert (told.name, told.instead, told.gone_in) == ("TRUST_AGE", "TRUST_LIFETIME", "0.4")
