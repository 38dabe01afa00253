"""Management commands as somebody types them."""

import io
import json
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command


class Ran(NamedTuple):
    """What a command answered: its standard output and error, and what it ended with."""

    out: str
    err: str
    status: int

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON may be anything
        return json.loads(self.out)


def run(name: str, *arguments: str, stdin: str | None = None) -> Ran:
    """Run a command; ``stdin`` is what somebody types."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(stdin or ""))
        try:
            call_command(name, *arguments, stdout=out, stderr=err, no_color=True)
        except CommandError as error:
            print(error, file=err)
            status = error.returncode
    return Ran(out.getvalue(), err.getvalue(), status)
