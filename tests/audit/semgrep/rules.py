import datetime
import hmac
import logging
import time
import uuid
import warnings
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import attrs
import yaml
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from mfa.domain.secrets import equal
from mfa.domain.values import Confidential, ValueObject

logger = logging.getLogger("mfa")


def compared(left, right, digest):
    # ruleid: secrets-are-compared-in-one-place
    hmac.compare_digest(left, right)
    # ruleid: secrets-are-compared-in-one-place
    constant_time_compare(left, right)
    # ruleid: secrets-are-compared-in-one-place
    left == digest.hexdigest()
    # ruleid: secrets-are-compared-in-one-place
    digest.digest() != right
    # ok: secrets-are-compared-in-one-place
    equal(left, digest.digest())


def queried(cursor, model, name):
    # ruleid: sql-is-no-made-text
    cursor.execute(f"SELECT * FROM users WHERE name = '{name}'")
    # ruleid: sql-is-no-made-text
    cursor.execute("SELECT * FROM users WHERE name = '%s'" % name)
    # ruleid: sql-is-no-made-text
    cursor.execute("SELECT * FROM users WHERE name = '" + name + "'")
    # ruleid: sql-is-no-made-text
    model.objects.raw("SELECT * FROM {}".format(name))
    # ruleid: sql-is-no-made-text
    RawSQL(f"SELECT {name}", [])
    # ruleid: no-extra-where
    model.objects.extra(where=["name = 'a'"])
    # ok: sql-is-no-made-text
    cursor.execute("SELECT * FROM users WHERE name = %s", [name])
    # ok: sql-is-no-made-text
    cursor.execute("SELECT * FROM users " + "WHERE name = %s", [f"{name}%"])


def queried_later(cursor, model, name):
    sql = f"SELECT * FROM users WHERE name = '{name}'"
    # ruleid: sql-is-no-made-text
    cursor.execute(sql)
    statement = "SELECT * FROM users"
    if name:
        statement += " WHERE name = '" + name + "'"
    # ruleid: sql-is-no-made-text
    cursor.executemany(statement, [])
    asked = "SELECT {}".format(name)
    again = asked.strip()
    # ruleid: sql-is-no-made-text
    model.objects.raw(again)
    # ok: sql-is-no-made-text
    cursor.execute("SELECT * FROM users WHERE name = %s", [sql])


def told(seed, device, name):
    # ruleid: no-secret-is-told
    logger.info("seed %s", seed)
    # ruleid: no-secret-is-told
    logger.warning("device", extra={"mfa_code": device.code})
    # ok: no-secret-is-told
    logger.info("device %s", device.name)
    # ok: no-secret-is-told
    logger.info("%d codes", len(device.codes))


def raised(seed, name):
    if seed:
        # ruleid: no-secret-in-an-error
        raise ValueError(seed)
    # ok: no-secret-in-an-error
    raise ValueError(name)


def told_in_a_text(seed, device, name):
    # ruleid: no-secret-in-a-text-that-is-told
    logger.error(f"code {device.code}")
    # ruleid: no-secret-in-a-text-that-is-told
    warnings.warn(f"seed {seed.hex()}")
    # ruleid: no-secret-in-a-text-that-is-told
    logger.error("code %s" % device.code)
    # ruleid: no-secret-in-a-text-that-is-told
    logger.error("code %s of %s" % (device.code, name))
    # ruleid: no-secret-in-a-text-that-is-told
    logger.error("code %(code)s" % {"code": device.code})
    # ruleid: no-secret-in-a-text-that-is-told
    logger.error("{} has {}".format(name, device.code))
    # ruleid: no-secret-in-a-text-that-is-told
    logger.error("{kept}".format(kept=device.code))
    # ruleid: no-secret-in-a-text-that-is-told
    logger.log(logging.ERROR, "code " + device.code + ", which is wrong")
    # ok: no-secret-in-a-text-that-is-told
    logger.info(f"device {device.name}, {len(device.codes)} codes")
    # ok: no-secret-in-a-text-that-is-told
    logger.info("device {}".format(device.name))


def told_later(device, name):
    text = f"code {device.code}"
    # ruleid: no-secret-in-a-text-that-is-told
    logger.error(text)
    text = "code {}".format(device.code)
    if name:
        # ruleid: no-secret-in-a-text-that-is-told
        raise ValueError(text)
    text = "device %s" % device.name
    # ok: no-secret-in-a-text-that-is-told
    logger.error(text)


def raised_with_a_text(device, name):
    if name == "a":
        # ruleid: no-secret-in-a-text-that-is-told
        raise ValueError(f"no such code: {device.code}")
    if name == "b":
        # ruleid: no-secret-in-a-text-that-is-told
        raise ValueError("no such code: %s" % device.code)
    # ok: no-secret-in-a-text-that-is-told
    raise ValueError(f"no such device: {name}")


@attrs.frozen(kw_only=True)
class Printed:
    # ruleid: no-secret-in-a-repr
    seed: bytes
    # ruleid: no-secret-in-a-repr
    code: str = attrs.field(default="")
    # ok: no-secret-in-a-repr
    digest: bytes = attrs.field(repr=False)
    # ok: no-secret-in-a-repr
    name: str


@attrs.define
class PrintedWithBases(Printed):
    # ruleid: no-secret-in-a-repr
    seed: bytes
    # ok: no-secret-in-a-repr
    name: str

    # ok: no-secret-in-a-repr
    def shown(self, code: str) -> str:
        # ok: no-secret-in-a-repr
        token: str = code
        return token


@dataclass(frozen=True)
class PrintedByTheStandardLibrary:
    # ruleid: no-secret-in-a-repr
    seed: bytes
    # ruleid: no-secret-in-a-repr
    code: str = field(default="")
    # ok: no-secret-in-a-repr
    token: str = field(repr=False)


class PrintedTuple(NamedTuple):
    # ruleid: no-secret-in-a-repr
    seed: bytes


class Asked(Protocol):
    # ok: no-secret-in-a-repr
    seed: bytes


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PrintedByItsBase(ValueObject):
    # ruleid: no-secret-in-a-repr
    seed: bytes
    # ok: no-secret-in-a-repr
    digest: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class NotPrinted(Confidential):
    # ok: no-secret-in-a-repr
    seed: bytes


# ruleid: randomness-is-for-secrets
import random

# ruleid: randomness-is-for-secrets
from random import choice

# ok: randomness-is-for-secrets
import secrets

# ruleid: randomness-is-for-secrets
uuid.uuid1()
# ok: randomness-is-for-secrets
uuid.uuid4()

# ruleid: the-time-is-asked-of-a-clock
datetime.datetime.now()
# ruleid: the-time-is-asked-of-a-clock
datetime.datetime.utcnow()
# ruleid: the-time-is-asked-of-a-clock
datetime.datetime.fromtimestamp(0)
# ruleid: the-time-is-asked-of-a-clock
timezone.now()
# ruleid: the-time-is-asked-of-a-clock
time.time()
# ok: the-time-is-asked-of-a-clock
datetime.datetime.fromtimestamp(0, datetime.UTC)

# ruleid: nothing-read-is-run
import pickle

# ruleid: nothing-read-is-run
eval("1")
# ruleid: nothing-read-is-run
yaml.load("a")
# ok: nothing-read-is-run
yaml.safe_load("a")


def decided(given):
    # ruleid: no-assert-decides
    assert given
    # ok: no-assert-decides
    if not given:
        raise ValueError


def shown(name):
    # ruleid: texts-are-escaped
    mark_safe(name)
    # ruleid: texts-are-escaped
    format_html(name)
    # ok: texts-are-escaped
    format_html("<b>{}</b>", name)
