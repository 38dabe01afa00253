"""What fuzzing has found worth keeping, tried once more without atheris."""

import pytest

from tests.fuzz import corpora
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_crashes(name: str) -> None:
    for value in [*TARGETS[name].seeds, *corpora.read(name)]:
        TARGETS[name].run(value)


def test_every_corpus_has_its_target() -> None:
    assert {path.stem for path in corpora.FOLDER.iterdir()} <= {*TARGETS}
