"""Django's sessions where they are rows, of which no column says whose they are."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as StoredSession
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import router, transaction
from django.http import HttpResponse

from mfa.domain.identifiers import UserId

CHUNK = 1000
"""Sessions that are read at once."""


def end_sessions(user_id: UserId) -> int | None:
    """Delete the sessions of a user, and return how many; None where the engine keeps none in a table.

    All that there are have to be read for that, a chunk at a time by their keys: no more than a chunk is in memory.
    """
    store: Any = SessionMiddleware(lambda _: HttpResponse()).SessionStore  # what ``SESSION_ENGINE`` names
    if not issubclass(store, StoredSession):
        return None
    model = store.get_model_class()
    database = router.db_for_write(model)
    rows = model._base_manager.using(database)  # noqa: SLF001 - Django's name for it
    ended: list[str] = []
    for keys in _keys_of(user_id, store(), rows):
        rows.filter(pk__in=keys).delete()
        ended += keys

    def forget() -> None:
        for key in ended:
            store().delete(key)

    if ended and store.delete is not StoredSession.delete:
        # Wherever else it is kept, such as in a cache, it is looked for first; and a request that comes before the rows
        # are gone for everybody would put it there once more.
        transaction.on_commit(forget, using=database, robust=True)
    return len(ended)


def _keys_of(user_id: UserId, decoder: Any, rows: Any) -> Iterator[list[str]]:  # noqa: ANN401 - whichever engine's
    last = ""
    while chunk := [*rows.filter(pk__gt=last).order_by("pk").values_list("pk", "session_data")[:CHUNK]]:
        last = chunk[-1][0]
        keys = [name for name, data in chunk if str(decoder.decode(data).get(SESSION_KEY, "")) == user_id]
        if keys:
            yield keys
