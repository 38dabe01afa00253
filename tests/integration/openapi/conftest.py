"""The people of the routes' own tests."""

from tests.integration.drf.conftest import ann, person, world

__all__ = ["ann", "person", "world"]
