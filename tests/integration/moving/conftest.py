from collections.abc import Iterator

import pytest

from tests.integration.moving.old import OldDatabase, opened


@pytest.fixture
def old(db: None) -> Iterator[OldDatabase]:
    with opened() as database:
        yield database
