"""How gunicorn serves a project: one worker that does one thing after another, on a socket that it is handed."""

import os

bind = f"fd://{os.environ['BENCHMARK_SOCKET']}"
workers = 1
worker_class = "sync"
loglevel = "warning"
graceful_timeout = 5
control_socket_disable = True
