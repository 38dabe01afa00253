"""A small project with another package: its settings, its tables, its users, and a clock that can be put forward."""

import json
import re
import sys
import time
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

KEY = "a key of the other project"


def start(*apps: str, **more: object) -> None:
    """Set Django up on the file that the program is given, with all that migrations make."""
    settings.configure(
        SECRET_KEY=KEY,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        # Weak and quick, as in the tests themselves.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        **{"ALLOWED_HOSTS": ["localhost"], **more},
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


def user(name: str) -> Any:
    from django.contrib.auth.models import User

    return User.objects.create(username=name, email=f"{name}@example.com")


def step(period: int = 30) -> int:
    return int(time.time()) // period


def wait_for_time(seconds: int = 5, period: int = 30) -> None:
    """Wait for the next step where this one is about to end, for what makes a code and checks it in the same step."""
    left = period - time.time() % period
    if left < seconds:
        time.sleep(left)


def code_mailed() -> str:
    """Return the digits in the last mail."""
    from django.core import mail

    [code] = re.findall(r"\b[0-9]{6}\b", str(mail.outbox[-1].body))
    return str(code)


def tell(document: object) -> None:
    print(json.dumps(document))
