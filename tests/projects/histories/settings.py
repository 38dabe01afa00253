"""The project of the promises, with a clock that is set, little patience with locks, and a flaw where one is wanted."""

import os

from tests.projects.promises.settings import *  # noqa: F403
from tests.projects.promises.settings import DATABASES, MIDDLEWARE
from tests.projects.promises.settings import MFA as _MFA

ROOT_URLCONF = "tests.projects.histories.urls"
MIDDLEWARE = ["tests.projects.histories.outbox.middleware", *MIDDLEWARE]

MFA = {
    **_MFA,
    "METHODS": ["totp", "hotp", "email", "recovery", "webauthn"],
    "EMAIL_SENDER": "tests.projects.histories.outbox.NamedSender",
    "EMAIL_CODE_LIFETIME": "30m",
    "EMAIL_HOURLY_LIMIT": 4,
    "VERIFICATION_THROTTLE_TRYOUTS": 3,
    "MAX_FAILURES": 8,
    "NOTIFY": False,
    "ADAPTERS": {
        "clock": "tests.projects.histories.clock.HeldClock",
        **({"accounts": os.environ["HISTORIES_ACCOUNTS"]} if "HISTORIES_ACCOUNTS" in os.environ else {}),
    },
}

# A connection that was lost in one request is not the next one's.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
_options = DATABASES["default"]["OPTIONS"]
_options.update(
    {
        "sqlite3": {"timeout": 0.2},
        # A deadlock is looked for soon here, and late by whoever brings one about: so it is the package that has one.
        "postgresql": {"options": f"{_options.get('options')} -c lock_timeout=200ms -c deadlock_timeout=20ms"},
        "mysql": {"init_command": "SET innodb_lock_wait_timeout = 1"},
    }[DATABASES["default"]["ENGINE"].rpartition(".")[2]]
)
