"""The composition root of Django: the app config that reads the settings and builds the container."""

from importlib import import_module
from threading import RLock
from typing import Any

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.translation import gettext_lazy as _

from mfa.adapters.accessor import APP_LABEL, use_cases
from mfa.application.use_cases import UseCases
from mfa.domain.methods.names import METHOD_NAMES

_building = RLock()

_READ_SETTINGS = frozenset({"MFA", "SECRET_KEY", "SECRET_KEY_FALLBACKS"})

_COMPILED_SETTINGS = frozenset({"TIME_ZONE", "USE_TZ"})
"""What Django looks at when it compiles a statement."""


class MultiFactorConfig(AppConfig):
    """Puts ``"mfa"`` in ``INSTALLED_APPS``; its models live with the rest of Django's adapter."""

    name = "mfa.adapters.django"
    label = APP_LABEL
    verbose_name = _("Multi-factor authentication")
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Tell the domain, before anything of a project is imported, how to find the names of a project's methods."""
        super().__init__(*args, **kwargs)
        METHOD_NAMES.load_by(self._make_methods)

    def ready(self) -> None:
        """Register the system checks, what describes the routes and the admin's pages.

        Logins and overridden settings are watched from then on.
        """
        from mfa.adapters.django import checks, rehashing
        from mfa.adapters.tokens import session

        checks.register()
        session.connect()
        rehashing.connect()
        if apps.is_installed("drf_spectacular"):
            import_module("mfa.adapters.drf.schema")
        if apps.is_installed("django.contrib.admin"):
            from mfa.adapters.django import admin

            admin.register()
        setting_changed.connect(self._forget)

    @property
    def container(self) -> Any:  # noqa: ANN401 - its class is imported only when the models are there
        """Return the container of this deployment, for ``container.<provider>.override(…)`` in a test.

        It is built from the settings when it is first needed, so that ``manage.py check`` can still say what is wrong
        with them; after that nothing runs with settings that are: it raises ``ImproperlyConfigured``.
        """
        container = self.__dict__.get("_container")
        if container is None:
            with _building:
                container = self.__dict__.get("_container") or self._build()
                self._container = container
        return container

    @property
    def use_cases(self) -> UseCases:
        """Return what this deployment can do."""
        use_cases: UseCases = self.container.use_cases()
        return use_cases

    def _build(self) -> Any:  # noqa: ANN401 - as above
        from mfa.adapters.django import conf
        from mfa.containers.django import deploy

        config, problems = conf.read_config()
        if problems:
            raise ImproperlyConfigured(" ".join(f"{problem.message} {problem.hint}" for problem in problems))
        return deploy(config, conf.secret_keys())

    @staticmethod
    def _make_methods() -> bool:
        """Make the methods, and tell whether that could be done; the system checks say why it could not.

        Those of the app config that is installed: a test that overrides ``INSTALLED_APPS`` makes another one meanwhile.
        """
        if not apps.ready:
            return False
        try:
            return bool(use_cases().methods.all)
        except Exception:  # noqa: BLE001 - whatever a project's own class raises when it is made
            return False

    def _forget(self, *, setting: str, **_: object) -> None:
        if setting in _COMPILED_SETTINGS:
            from mfa.adapters.django import prepared

            prepared.forget()
        if setting in _READ_SETTINGS:
            self.__dict__.pop("_container", None)
