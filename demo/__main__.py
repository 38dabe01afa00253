"""Starts the demo: ``python -m demo``, on the port that the environment variable ``PORT`` names."""

import signal
import sys
from importlib import import_module
from types import FrameType

ENDINGS = (signal.SIGINT, signal.SIGTERM)


def end(_number: int, _frame: FrameType | None) -> None:
    """End without a word, whatever is under way; whoever presses Ctrl-C twice means the same."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    sys.exit(0)


def main() -> None:
    """Be ready to end before Django is loaded, which takes a moment, and then serve."""
    for ending in ENDINGS:
        signal.signal(ending, end)
    sys.exit(import_module("demo.server").serve())


if __name__ == "__main__":
    main()
