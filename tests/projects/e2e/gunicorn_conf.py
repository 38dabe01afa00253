"""How gunicorn serves the project: several processes over one database, which lives as long as they do."""

import os

from django.db import connection, connections

bind = f"fd://{os.environ['E2E_SOCKET']}"
workers = int(os.environ["E2E_WORKERS"])
preload_app = True
graceful_timeout = 5
control_socket_disable = True


def on_starting(server: object) -> None:
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    connections.close_all()


def on_exit(server: object) -> None:
    connection.creation.destroy_test_db(verbosity=0)
