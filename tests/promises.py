"""The promises of the contract on every database that answers, and the table of what was tried.

Each run is one of ``pytest tests/integration/promises``; arguments are handed to it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import services
from tests.integration.promises.table import Table

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "promises.jsonl"
        file.touch()
        for database in ("sqlite", "postgresql", "mariadb"):
            reason = None if database == "sqlite" else services.absence(database)
            if reason is not None:
                print(f"skipped: {reason}", flush=True)
                failed |= database in services.required()
                continue
            environment = {**os.environ, "MFA_TEST_DATABASE": database, "MFA_PROMISES": str(file)}
            command = [sys.executable, "-m", "pytest", "-q", "tests/integration/promises", *arguments]
            failed |= subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0
        table = Table()
        table.read(file)
    print(f"\n{table}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
