"""What the core refuses, as the exception handler of a project gives it; what it says stands in ``answers``."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as framework_handler

from mfa.adapters import accessor
from mfa.adapters.exceptions import exception_to
from mfa.domain.errors import MfaError


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what the core refuses in a view of a project as the routes of this package do, and all else as DRF does.

    For ``EXCEPTION_HANDLER``, or to be called by the project's own. What is a fault of the installation stays a 500.
    """
    if isinstance(exc, MfaError):
        use_cases, request = accessor.use_cases(), context.get("request")
        exc = exception_to(exc, request and use_cases.token_provider.token_of(request), use_cases)
    return framework_handler(exc, context)
