"""Starts the demo: ``python -m demo``, on the port that the environment variable ``PORT`` names.

It begins afresh, unless ``KEEP`` is ``1``.
"""

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from types import FrameType

ENDINGS = (signal.SIGINT, signal.SIGTERM)


def end(_number: int, _frame: FrameType | None) -> None:
    """End at once and without a word, whatever is under way: what SQLite has not committed it will roll back."""
    with suppress(RuntimeError, OSError):
        sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """Be ready to end before Django is loaded, which takes a moment, and then serve."""
    for ending in ENDINGS:
        signal.signal(ending, end)
    sys.exit(import_module("demo.server").serve())


if __name__ == "__main__":
    main()
