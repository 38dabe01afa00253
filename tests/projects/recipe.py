"""Runs the walk of a recipe in a process of its own: the first argument is the folder in ``examples``.

The others are URLconfs of the package itself, of which ``manage.py check`` warns by W017; of the recipe, of nothing.
"""

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import django
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.test.utils import override_settings, setup_test_environment
from django.urls import include, path


class WithoutMigrations:
    """Has tables made as the models are: the migrations of so many apps take longer than a walk."""

    def __contains__(self, label: str) -> bool:
        return True

    def __getitem__(self, label: str) -> None:
        return None


def main(name: str, *stock: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = f"examples.{name}.settings"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MIGRATION_MODULES = WithoutMigrations()
    django.setup()
    setup_test_environment()
    call_command("migrate", verbosity=0, run_syncdb=True)
    user_model = import_module("django.contrib.auth").get_user_model()
    user_model.objects.create_user("carol", "carol@example.com", "password of carol")

    import_module(f"examples.{name}.walk").walk("carol", "password of carol")

    assert warned() == []
    if name == "dj_rest_auth":  # which has read its settings, and does so once
        import_module("dj_rest_auth.app_settings").api_settings.TOKEN_CREATOR = import_module(
            "dj_rest_auth.utils"
        ).default_create_token
    for each in stock:
        routes: Any = ModuleType("stock")
        routes.urlpatterns = [path("multi-factor/", include("mfa.urls")), path("stock/", include(each))]
        sys.modules["stock"] = routes
        with override_settings(ROOT_URLCONF="stock"):
            assert warned() == ["multi_factor.W017"], each
    print("walked", name)


def warned() -> list[str | None]:
    return [each.id for each in checks.run_checks(tags=["mfa"])]


if __name__ == "__main__":
    main(*sys.argv[1:])
