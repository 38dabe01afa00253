"""Writes the site to ``build/site``, or to the folder that is named; a warning is an error."""

import gc
import os
import shutil
import sys
from pathlib import Path

import django
from sphinx.cmd.build import main

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from docs.site.layout import ROOT  # noqa: E402 - what is described has models
from docs.site.staging import lay_out  # noqa: E402

HERE = Path(__file__).parent
target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").resolve()
staged = target.with_name(f"{target.name}-pages")
if (target / ".buildinfo").exists():  # an earlier site, whose pages may be gone
    shutil.rmtree(target)
lay_out(staged)
gc.disable()  # every page is kept to the end, so there is little to find in a quarter of the time that all takes
strict = ("-q", "-E", "-W", "--keep-going")
places = (
    "-c",
    str(HERE),
    "-d",
    f"{staged}-read",
    "-D",
    f"html_extra_path={staged / 'plain'}",
    str(staged),
    str(target),
)
sys.exit(main([*strict, *places]))
