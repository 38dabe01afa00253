"""Measures what the tests run of the package, in each process of pytest, and from before Django is set up.

A plugin: ``PYTEST_PLUGINS=tests.measured``. Each process leaves a file of its own for ``coverage combine``.
"""

import coverage

_measured = coverage.Coverage(data_suffix=True)
_measured.start()


def pytest_unconfigure() -> None:
    _measured.stop()
    _measured.save()
