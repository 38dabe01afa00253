"""The package's users in a crowd that may be large, on PostgreSQL: everybody has verified an app and an address."""

import os
from functools import cache

import pyotp
from django.db import connection

from benchmarks.cost.asking import Ask, json_of
from benchmarks.cost.pools import Pool
from benchmarks.package.people import DAY, tables
from benchmarks.scale.crowd import APP, KEY, SINCE, Person, deployment, fill, keep_house
from mfa.adapters.system.clock import SystemClock

_TOKENS = f"""
INSERT INTO authtoken_token (key, created, user_id)
SELECT {KEY}, %(since)s, u FROM generate_series(1, %(users)s) u CROSS JOIN generate_series(1, 1) t ORDER BY 1
"""  # noqa: S608 - nothing of it comes from anywhere else


def pool(row: str, people: int) -> Pool:
    """Choose users who stand evenly among the crowd."""
    chosen = crowd(people)
    return Pool(
        tables=tables(),
        users=[int(person.token.user_id) for person in chosen],
        asks=lambda: [_ask(row, person) for person in chosen],
    )


@cache
def crowd(people: int) -> list[Person]:
    """Fill the tables with as many devices as the environment says."""
    devices = int(os.environ["BENCHMARK_DEVICES"])
    with deployment() as deployed:
        deployed.clock.time = SystemClock().now() - DAY
        chosen = fill(deployed, connection.alias, devices, people)[:people]
    with connection.cursor() as cursor:
        cursor.execute(_TOKENS, {"since": SINCE, "users": devices // 2})
    keep_house(connection.alias)
    return chosen


def _ask(row: str, person: Person) -> Ask:
    if row == "verify":
        body = json_of(value=pyotp.TOTP(person.secret).now())
        return Ask("POST", f"/multi-factor/{APP}/", person.key, 200, body)
    return Ask("GET", f"/{row}/", person.key, 200)
