"""A project in a process of its own, which does what it is told line by line.

``python -m benchmarks.cost.site PEOPLE``, where PEOPLE is the module that makes pools of users.

Requests go straight into the WSGI application, as a server hands them in, with nothing of a test client around it.
"""

import gc
import io
import json
import statistics
import sys
import time
from importlib import import_module
from typing import Any

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from benchmarks.cost.asking import Ask, WrongAnswer
from benchmarks.cost.pools import Pool
from benchmarks.scale import plans


class Site:
    """A project with its tables, and with the users of every row that has been asked for."""

    def __init__(self, people: str) -> None:
        django.setup()
        call_command("migrate", verbosity=0)
        # The floor has no migrations, and its table refers to others, which have to be there first.
        call_command("migrate", run_syncdb=True, verbosity=0)
        self.application: Any = get_wsgi_application()
        self._people = import_module(people)
        self._pools: dict[str, Pool] = {}

    def requests(self, row: str, people: int) -> list[Ask]:
        """Return requests of that many users, each of whom is as on the first day."""
        if row not in self._pools:
            self._pools[row] = self._people.pool(row, people)
        return self._pools[row].prepared()

    def measure(self, row: str, people: int) -> dict[str, float]:
        """Answer a request of each of the users; return the mean of the CPU time and the median of the latencies.

        The mean, since collecting garbage belongs to the price; the latency of most requests is without it.
        """
        environs = [(ask, environ(ask)) for ask in self.requests(row, people)]
        gc.collect()
        walls = []
        began = time.process_time()
        for ask, each in environs:
            start = time.perf_counter()
            status, content = self.answered(each)
            walls.append(time.perf_counter() - start)
            if status != ask.status:
                raise WrongAnswer(ask, status, content)
        cpu = time.process_time() - began
        return {"cpu": cpu / len(environs), "wall": statistics.median(walls)}

    def statements(self, row: str, people: int) -> list[str]:
        """Return the statements of one request."""
        ask = self.requests(row, people)[0]
        return [sql for sql, _ in plans.statements("default", lambda: self.answered(environ(ask)))]

    def answered(self, environ: dict[str, Any]) -> tuple[int, bytes]:
        """Answer a request, to the end."""
        statuses: list[str] = []
        body = self.application(environ, lambda status, *_: statuses.append(status))
        content = b"".join(body)
        body.close()
        return int(statuses[0].partition(" ")[0]), content


def environ(ask: Ask) -> dict[str, Any]:
    """Return a request as a server hands it to an application."""
    body = ask.body.encode()
    made: dict[str, Any] = {
        "REQUEST_METHOD": ask.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": ask.path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT": ask.headers["Accept"],
        "HTTP_AUTHORIZATION": ask.headers["Authorization"],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        made |= {"CONTENT_TYPE": ask.headers["Content-Type"], "CONTENT_LENGTH": str(len(body))}
    return made


def main() -> None:
    """Do what each line of the standard input says, and write a line for each."""
    site = Site(sys.argv[1])
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        match order:
            case "measure":
                answer: Any = site.measure(*arguments)
            case "requests":
                answer = site.requests(*arguments)
            case "statements":
                answer = site.statements(*arguments)
            case "answer":
                answer = site.answered(environ(Ask(*arguments)))[0]
            case _:
                raise ValueError(order)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
