"""The database, and the server."""

import errno
import logging
import os
import sys
from importlib import import_module
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from demo.walk import HOST, places, walk

MOST_PORT = 65535


class Server(ThreadedWSGIServer):
    """Django's own server for development, with a thread for each connection and room for a crowd."""

    request_queue_size = 128


def serve() -> int:
    """Serve until the process is ended; returns an exit code where it cannot, having said why in one sentence."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings"
    written = os.environ.get("PORT") or "8000"
    if not (written.isascii() and written.isdigit() and 0 < int(written) <= MOST_PORT):
        return _failed(f"PORT has to be a number from 1 to {MOST_PORT}, such as 8001, and not {written!r}.")
    port = int(written)
    try:
        # Before the database is touched: on a port that is taken, another demo may be at work in it.
        server = Server((HOST, port), WSGIRequestHandler)
    except OSError as error:
        return _failed(_reason(error, port))
    with server:
        if os.environ.get("KEEP") != "1":
            _forget(settings.DATABASES["default"]["NAME"])
        django.setup()
        call_command("migrate", interactive=False, run_syncdb=True, verbosity=0)
        logging.disable()  # what happens from now on is worth telling
        enrolled = import_module("demo.people").settle()  # which wants the models, that are there only now
        logging.disable(logging.NOTSET)
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        print(walk(port, enrolled=enrolled))
        print(places(port), flush=True)
        server.serve_forever()
    return 0


def _forget(database: str) -> None:
    """Remove a database of SQLite, with what it keeps beside itself (https://www.sqlite.org/tempfiles.html)."""
    for beside in ("", "-journal", "-wal", "-shm"):
        Path(database + beside).unlink(missing_ok=True)


def _reason(error: OSError, port: int) -> str:
    other = f"choose another one, such as: make demo PORT={port + 1 if port < MOST_PORT else 8000}"
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use; {other}"
    if error.errno == errno.EACCES:
        return f"Port {port} is not for everybody; {other}"
    return f"Port {port} cannot be used ({error.strerror}); {other}"


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
