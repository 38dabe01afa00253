"""One suite per port, for whatever adapter claims to be one: subclass it as ``Test…`` and provide its fixtures."""

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{suite.name}" for suite in iter_modules(__path__)))
