"""One suite per port, for whatever adapter claims to be one: subclass it as ``Test…`` and provide its fixtures."""

import pytest

pytest.register_assert_rewrite(
    "tests.contracts.delivery",
    "tests.contracts.otp",
    "tests.contracts.repositories",
    "tests.contracts.system",
    "tests.contracts.tokens",
    "tests.contracts.unit_of_work",
    "tests.contracts.users",
)
