"""What gunicorn serves: the application of a project, and under one path what the worker itself has used so far.

That path costs every request of either side one comparison.
"""

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core import mail
from django.core.wsgi import get_wsgi_application

USAGE_PATH = "/-/usage/"

_django: Any = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - as in WSGI
    """Answer a request."""
    if environ["PATH_INFO"] != USAGE_PATH:
        answer: Iterable[bytes] = _django(environ, start_response)
        return answer
    # What was mailed is kept in memory, and would be counted otherwise.
    mail.outbox = []
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(usage()).encode()]


def usage() -> dict[str, float]:
    """Return the CPU time of this process in seconds, and its memory in bytes: all, and what it shares with nobody."""
    sizes = {}
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]:
        name, size, *_ = line.split()
        sizes[name.rstrip(":")] = int(size) * 1024
    private = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return {"pid": os.getpid(), "cpu": time.process_time(), "resident": sizes["Rss"], "private": private}
