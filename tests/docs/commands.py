"""The commands of ``manage.py`` that pages type: ``text`` blocks, with a prompt before each and its answer after it.

What a command says on the standard error is part of the answer.
"""

import io
import shlex

from django.core.management import call_command

from tests.docs.pages import Block, fits, typed

PROMPT = "$ python manage.py "


def has_commands(block: Block) -> bool:
    return block.language == "text" and block.text.startswith(PROMPT)


def shown_by(command: str) -> str:
    """Run a command, as it stands behind the prompt, and return what a terminal shows of it."""
    shown = io.StringIO()
    call_command(*shlex.split(command.removeprefix(PROMPT[2:])), stdout=shown, stderr=shown, no_color=True)
    return shown.getvalue()


def type_all(block: Block) -> None:
    """Run what a block types, each with what it answers."""
    for line in typed(block):
        shown = shown_by(line.command)
        assert fits(line.answer, shown), f"{line.place}\n$ {line.command}\n{shown}\nis not\n{line.answer}"
