"""The package's project: its defaults, with Django REST framework's own tokens."""

import sys

from benchmarks.cost.settings import *  # noqa: F403 - the same settings but for the application
from benchmarks.cost.settings import INSTALLED_APPS

# As without the extra ``qr``, which the floor does not have either: a picture is not what is compared. And as without
# what only the development of the package brings along, or, of pydantic, the extra ``metadata``: dependency-injector
# imports it wherever it is installed.
for _name in ("segno", "werkzeug"):
    sys.modules[_name] = None  # type: ignore[assignment] # what Python takes for a module that is not to be had


class _Absent:
    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Refuse what compiled code would take for a module if it were None."""
        if name == "pydantic":
            raise ModuleNotFoundError(name=name)


sys.meta_path.insert(0, _Absent)

INSTALLED_APPS = [*INSTALLED_APPS, "mfa"]
ROOT_URLCONF = "benchmarks.package.urls"
