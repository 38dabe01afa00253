"""The floor's project."""

from benchmarks.cost.settings import *  # noqa: F403 - the same settings but for the application
from benchmarks.cost.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.floor"]
ROOT_URLCONF = "benchmarks.floor.urls"
