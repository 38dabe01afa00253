"""Histories on one database, for some minutes; what they came to as a line of JSON, and violations beside that."""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import attrs

from tests.integration.histories.machine import Campaign
from tests.integration.promises.deployment import Deployment, own_database, served
from tests.integration.promises.table import DATABASE
from tests.projects.histories.flaws import FLAWS, REPOSITORY, choose

ENOUGH = 500
"""Histories in which a flaw should be found."""


def main() -> int:
    wished = argparse.ArgumentParser()
    wished.add_argument("--minutes", type=float, required=True)
    wished.add_argument("--seed", type=int, required=True)
    wished.add_argument("--broken", action="store_true")
    asked = wished.parse_args()
    with project(broken=asked.broken) as (deployment, database):
        if asked.broken:
            return broken(deployment, database, asked.seed)
        campaign = Campaign(deployment, database, deadline=time.monotonic() + 60 * asked.minutes)
        for seed in count(asked.seed):
            if campaign.over:
                break
            campaign.run(seed)
        tell(campaign)
        return int(bool(campaign.violations) or not campaign.histories)


@contextmanager
def project(*, broken: bool) -> Iterator[tuple[Deployment, str]]:
    """Serve the project on a database of its own."""
    more = {"DJANGO_SETTINGS_MODULE": "tests.projects.histories.settings"}
    if broken:
        more["HISTORIES_ACCOUNTS"] = REPOSITORY
    with tempfile.TemporaryDirectory() as name:
        os.environ["PROMISES_FOLDER"] = name
        folder = Path(name)
        with own_database(folder) as database, served(folder, database, "histories", 60, **more) as deployment:
            yield deployment, database


def broken(deployment: Deployment, database: str, seed: int) -> int:
    """Look for each flaw until it is found."""
    overlooked = 0
    for flaw in FLAWS:
        choose(flaw)
        campaign = Campaign(deployment, database, until_violation=True)
        for each in count(seed):
            campaign.run(each)
            if campaign.over or campaign.histories > ENOUGH:
                break
        tell(campaign, flaw=flaw)
        overlooked += not campaign.violations
    return int(bool(overlooked))


def tell(campaign: Campaign, **more: str) -> None:
    shown: dict[str, Any] = attrs.asdict(campaign, filter=lambda field, _: field.name not in {"deployment", "deadline"})
    print(json.dumps({**shown, **more, "database": DATABASE}), flush=True)
    if not more:
        sys.stderr.writelines(f"{each}\n\n" for each in campaign.violations)


if __name__ == "__main__":
    sys.exit(main())
