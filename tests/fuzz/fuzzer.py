"""Has atheris try one target: ``python -m tests.fuzz.fuzzer TARGET``, and then options and folders of libFuzzer."""

import os
import sys

import atheris

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

with atheris.instrument_imports(include=["mfa"]):
    import django

    django.setup()

    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    # libFuzzer starts itself anew to compare, by a shell and by this name.
    again = f"{sys.executable} -m tests.fuzz.fuzzer {name}"
    atheris.Setup([again, *arguments], TARGETS[name].run)
    atheris.Fuzz()
