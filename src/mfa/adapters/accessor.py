"""The one way to the use cases for what Django or Django REST framework build without arguments.

Permissions, authentication classes, commands, the admin and routers that a project mounts itself cannot be handed
anything, so they ask here, at each use: a provider that is overridden later is then seen. Nothing else looks
anything up.
"""

from typing import Any

from django.apps import apps

from mfa.application.use_cases import UseCases

APP_LABEL = "multi_factor"


def use_cases() -> UseCases:
    """Return the use cases of this deployment; raises ``ImproperlyConfigured`` where the settings are wrong."""
    app: Any = apps.get_app_config(APP_LABEL)
    found: UseCases = app.use_cases
    return found
