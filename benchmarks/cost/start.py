"""Starts as a worker does, as far as imports go, and prints what that took: ``python -m benchmarks.cost.start``.

With the argument ``package`` it goes on to the package's routes and container.
"""

import json
import sys
import time
from importlib import import_module

import django

FRAMEWORK = (
    "django.core.handlers.wsgi",
    "django.urls",
    "rest_framework.authtoken.views",
    "rest_framework.routers",
    "rest_framework.serializers",
    "rest_framework.viewsets",
)
"""What a project that is worth the name imports of Django and Django REST framework."""


def main(package: bool) -> None:  # noqa: FBT001 - there is but one thing to say
    """Import, and tell."""
    if package:
        # The settings hide the extra ``qr``, which is to be seen here, and not to be imported all the same.
        import_module("benchmarks.package.settings")
        del sys.modules["segno"]
    django.setup()
    for name in FRAMEWORK:
        import_module(name)
    if package:
        import_module("mfa.urls")
        use_cases = import_module("mfa.adapters.accessor").use_cases()
        for name in ("token_provider", "assess_token", "list_devices", "dispatch_challenge", "verify_challenge"):
            getattr(use_cases, name)
    found = {
        "cpu": time.process_time(),
        "modules": list(sys.modules),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main("package" in sys.argv)
