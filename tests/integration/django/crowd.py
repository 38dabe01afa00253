"""Many at once, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

Answer = TypeVar("Answer")

MANY = 6


def all_at_once(act: Callable[[int], Answer], many: int = MANY) -> list[Answer | BaseException]:
    """Have everybody act at the same moment, and return what each got, or what was raised."""
    barrier = Barrier(many)

    def one(number: int) -> Answer | BaseException:
        try:
            for alias in connections:
                connections[alias].ensure_connection()
            barrier.wait(timeout=60)
            return act(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(many) as threads:
        return list(threads.map(one, range(many)))
