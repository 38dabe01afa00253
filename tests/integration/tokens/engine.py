"""A project's own engine, which keeps sessions in the table of Django's."""

from django.contrib.sessions.backends.db import SessionStore as StoredSession


class SessionStore(StoredSession):
    """Keeps them as Django does."""
