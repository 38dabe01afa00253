"""What a project writes has the types that it should, by pyright as by mypy (which looks at it with all else)."""

import sys
from pathlib import Path

from tests import npm

PROJECT = Path(__file__).parents[2] / "typing_tests"


def test_pyright_finds_no_error_and_every_one_that_is_expected() -> None:
    """A line that has to be wrong says so, and the settings make a comment that hides nothing an error."""
    pyright = npm.modules(PROJECT) / "pyright" / "index.js"

    printed = npm.node(pyright, "--project", PROJECT, "--pythonpath", sys.executable, cwd=PROJECT)

    assert "0 errors, 0 warnings" in printed
