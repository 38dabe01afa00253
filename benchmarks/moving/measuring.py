"""Fills the tables of django-otp, imports them while clients verify, and tells what each of them met."""

import sys
import time

from django.core.management import call_command
from django.db import connections

from benchmarks.machine import disturbance, machine
from benchmarks.scale.crowd import SINCE, Deployment, deployment, fill, keep_house
from benchmarks.upkeep.clients import Clients, clients
from benchmarks.upkeep.measuring import ALONE_SECONDS, DATABASE, WHO_VERIFY, Done, missed, print_clients, print_work
from mfa.application.operations import Import, Operator
from mfa.application.ports.importing import SourcePlace

PHASES = ("alone", "first run", "second run")

THERE = 4_000
"""Devices of users who are here already, and who verify."""

TOLD_EVERY = 1_000
"""Users between two looks at the memory."""

_TABLES = """
CREATE TABLE otp_totp_totpdevice (
    id bigserial PRIMARY KEY, user_id integer NOT NULL, name varchar(64) NOT NULL, confirmed boolean NOT NULL,
    key varchar(80) NOT NULL, step smallint NOT NULL, t0 bigint NOT NULL, digits smallint NOT NULL,
    tolerance smallint NOT NULL, drift smallint NOT NULL, last_t bigint NOT NULL,
    created_at timestamptz, last_used_at timestamptz);
CREATE TABLE otp_static_staticdevice (
    id bigserial PRIMARY KEY, user_id integer NOT NULL, name varchar(64) NOT NULL, confirmed boolean NOT NULL,
    created_at timestamptz, last_used_at timestamptz);
CREATE TABLE otp_static_statictoken (
    id bigserial PRIMARY KEY, device_id bigint NOT NULL, token varchar(16) NOT NULL);
CREATE INDEX ON otp_totp_totpdevice (user_id);
CREATE INDEX ON otp_static_staticdevice (user_id);
CREATE INDEX ON otp_static_statictoken (device_id);
"""
"""As the package's own migrations make them, as far as they are read."""

_ROWS = """
INSERT INTO auth_user (id, username, first_name, last_name, email, password, is_staff, is_active, is_superuser,
                       date_joined)
SELECT u, 'moving' || u, '', '', 'moving' || u || '@example.com', '', false, true, false, %(since)s
FROM generate_series(%(first)s, %(last)s) u;
INSERT INTO otp_totp_totpdevice (user_id, name, confirmed, key, step, t0, digits, tolerance, drift, last_t, created_at)
SELECT u, 'default', true, substr(encode(sha256(u::text::bytea), 'hex'), 1, 40), 30, 0, 6, 1, 0, 50000000, %(since)s
FROM generate_series(%(first)s, %(last)s) u;
INSERT INTO otp_static_staticdevice (user_id, name, confirmed, created_at)
SELECT u, 'backup', true, %(since)s FROM generate_series(%(first)s, %(last)s) u;
INSERT INTO otp_static_statictoken (device_id, token)
SELECT id, substr(md5(id || '/' || t), 1, 8) FROM otp_static_staticdevice, generate_series(1, 10) t;
ANALYZE;
"""


def measure(users: int) -> int:
    """Print what was measured, and return how the program ends."""
    if busy := disturbance():
        print(busy, file=sys.stderr)
    with deployment() as deployed:
        began = time.perf_counter()
        call_command("migrate", verbosity=0)
        people = fill(deployed, DATABASE, THERE, WHO_VERIFY)
        keep_house(DATABASE)
        with connections[DATABASE].cursor() as cursor:
            cursor.execute(_TABLES)
            cursor.execute(_ROWS, {"since": SINCE, "first": 10_000_000, "last": 10_000_000 + users - 1})
        print(f"{users:,} users filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        print(f"{machine('postgresql')}\n", flush=True)
        connections.close_all()
        with clients(deployed, people[:WHO_VERIFY]) as verifying:
            done = worked(deployed, verifying, users)
            seen = {PHASES[number]: each for number, each in verifying.seen().items()}
        connections.close_all()
    print_clients(seen)
    print_work(done)
    problems = missed(seen, done)
    print("\n".join(["", *(f"failed: {each}" for each in problems)] if problems else ["", "every target is met"]))
    return 1 if problems else 0


def worked(deployed: Deployment, verifying: Clients, users: int) -> dict[str, Done]:
    """Let the clients alone for a while, then import, and import once more."""
    time.sleep(ALONE_SECONDS)
    wanted = Import(source="django_otp", place=SourcePlace(database=DATABASE), told=False)
    done = {}
    for number, name in enumerate(PHASES[1:], 1):
        done[name] = Done()
        verifying.phase.value = number
        began = time.perf_counter()
        with connections[DATABASE].execute_wrapper(done[name]):
            told = deployed.use_cases.operations.import_devices(wanted, Operator(name="moving", why="measured"))
            outcome = "imported" if number == 1 else "present"
            for count, each in enumerate(told):
                assert [row.outcome for row in each.rows] == [outcome, outcome]
                if count % TOLD_EVERY == 0:
                    done[name].tell()
        done[name].seconds = time.perf_counter() - began
        done[name].answer = f"{users / done[name].seconds:,.0f} users in a second"
        print(f"{name}: {done[name].seconds:.0f} s, {done[name].answer}", file=sys.stderr, flush=True)
    return done
