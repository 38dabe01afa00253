"""One suite per port, for whatever adapter claims to be one: subclass it as ``Test…`` and provide its fixtures."""

import pytest

pytest.register_assert_rewrite(
    *(
        f"{__name__}.{port}"
        for port in (
            "audit",
            "delivery",
            "importing",
            "metadata",
            "otp",
            "purging",
            "reports",
            "repositories",
            "system",
            "tokens",
            "unit_of_work",
            "users",
        )
    )
)
