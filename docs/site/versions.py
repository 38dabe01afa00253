"""Puts the sites of versions beside one another: ``make versions`` writes ``build/versions``.

A release keeps the site that it was published with, as an archive, and is never built anew. Each has the folder of its
version, what comes next has ``latest``, and ``stable`` is the newest release, previews aside. ``versions.json`` lists
the folders, the newest first, for the choice that every page offers; the root leads to ``stable``, or to ``latest``
while there is no release.
"""

import json
import re
import shutil
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from packaging.version import Version

LATEST, STABLE = "latest", "stable"
ARCHIVE = re.compile(r"drf-mfa-docs-(?P<version>.+)\.tar\.gz")
LEAD = """<!doctype html>
<html lang="en">
<title>drf-mfa</title>
<meta http-equiv="refresh" content="0; url={0}/">
<link rel="canonical" href="{0}/">
<p><a href="{0}/">The documentation</a></p>
</html>
"""


def lay_out(latest: Path, archives: Path, target: Path) -> None:
    """Fill a folder, which is made anew.

    Args:
        latest: The folder of the site of what comes next.
        archives: A folder with the archives of releases, ``drf-mfa-docs-<version>.tar.gz`` each.
        target: Where to write.

    Raises:
        ValueError: A file there is none of these archives.
        tarfile.TarError: An archive cannot be read, or would write outside of its folder.

    """
    found = {}
    for file in archives.iterdir():
        named = ARCHIVE.fullmatch(file.name)
        if named is None:
            raise ValueError(f"{file} is not called drf-mfa-docs-<version>.tar.gz")
        found[Version(named["version"])] = file
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(latest, target / LATEST)
    for version, file in found.items():
        with tarfile.open(file) as archive:
            archive.extractall(target / str(version), filter="data")
    versions = sorted(found, reverse=True)
    newest = next((str(each) for each in versions if not each.is_prerelease), None)
    if newest is not None:
        shutil.copytree(target / newest, target / STABLE)
    (target / "versions.json").write_text(json.dumps([LATEST, *map(str, versions)]))
    (target / "index.html").write_text(LEAD.format(STABLE if newest else LATEST))


def main(arguments: Sequence[str]) -> None:
    """Lay out what is named, in the order of ``lay_out``."""
    latest, archives, target = map(Path, arguments)
    lay_out(latest, archives, target)


if __name__ == "__main__":
    main(sys.argv[1:])
