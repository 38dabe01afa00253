"""Reads the code and the locks for known kinds of mistakes, and tells in a table what is found: see ``make audit``.

Four tools: Semgrep with the project's own rules, whose examples are tried first, Bandit, detect-secrets over all that
is committed, and pip-audit over the locks, where an index answers. Whatever is found and not explained fails, and no
comment in the code makes a tool silent.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.audit.explained import EXPLAINED, Finding, unexplained

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
RULES = "tests/audit/semgrep"
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PATIENCE = 120
"""Seconds that Semgrep may look at a file for one rule, on a machine that does much else."""
SMALLEST = ROOT / "requirements" / "lock.txt"
OFFLINE = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
WIDTHS = (16, 6, 6, 9, 10)


class Audited(NamedTuple):
    """What a tool has looked at, and what it found; ``missed`` says what it could not look at."""

    tool: str
    rules: object
    files: int
    findings: list[Finding]
    missed: str = ""


class Failed(Exception):
    """A tool has not done its work."""


def run(program: str, *arguments: object, statuses: tuple[int, ...] = (0, 1)) -> str:
    """Return what a tool of this environment prints; raises ``Failed``."""
    done = subprocess.run(
        [BIN / program, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **OFFLINE, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in statuses:
        raise Failed(f"{program} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def git(*arguments: str) -> list[str]:
    """Return the lines that git prints; 1 is its status where nothing is found."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - which made the tree
    if done.returncode > 1:
        raise Failed(f"git: {done.stderr}")
    return done.stdout.splitlines()


def at(tool: str, rule: str, path: str, first: int, last: int | None = None) -> Finding:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return Finding(tool, rule, path, first, "\n".join(lines[first - 1 : last or first]))


def semgrep() -> Audited:
    scan = ("scan", "--metrics", "off", "--disable-version-check", "--disable-nosem", "--timeout", PATIENCE)
    run("semgrep", *scan, "--test", RULES, statuses=(0,))
    rules = f"{RULES}/rules.yml"
    told: Any = json.loads(run("semgrep", *scan, "--json", "--config", rules, "src"))
    if told["errors"]:
        raise Failed(f"semgrep: {told['errors']}")
    return Audited(
        "semgrep",
        (ROOT / rules).read_text().count("- id: "),
        len(told["paths"]["scanned"]),
        [
            at("semgrep", each["check_id"].rpartition(".")[2], each["path"], each["start"]["line"], each["end"]["line"])
            for each in told["results"]
        ],
    )


NO_SECRETS = r"^requirements/.*\.txt$|package-lock\.json$|^tests/fuzz/corpus/"
"""Hashes of packages, and what a machine has made up."""

COUNTED = (
    "from bandit.core import extension_loader as e; m = e.MANAGER; print(len({*m.plugins_by_id, *m.blacklist_by_id}))"
)


def bandit() -> Audited:
    told: Any = json.loads(run("bandit", "-q", "-r", "src", "-f", "json", "--ignore-nosec"))
    if told["errors"]:
        raise Failed(f"bandit: {told['errors']}")
    return Audited(
        "bandit",
        int(run("python", "-c", COUNTED)),
        len(told["metrics"]) - 1,  # and their sum
        [
            at("bandit", each["test_id"], each["filename"], each["line_range"][0], each["line_range"][-1])
            for each in told["results"]
        ],
    )


def secrets() -> Audited:
    told: Any = json.loads(
        run(
            *("detect-secrets", "scan", "--no-verify", "--exclude-files", NO_SECRETS),
            *("--disable-filter", "detect_secrets.filters.allowlist.is_line_allowlisted"),
        )
    )
    return Audited(
        "detect-secrets",
        len(told["plugins_used"]),
        len(git("ls-files")),
        [
            at("detect-secrets", each["type"], path, each["line_number"])
            for path, found in told["results"].items()
            for each in found
        ],
    )


def advisories(lock: Path) -> tuple[list[Finding], list[str]]:
    """Ask what is known of the versions in a lock: what was found, and of which packages nothing could be learned."""
    told: Any = json.loads(
        run("pip-audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-r", lock)
        or "{}"
    )
    path = str(lock.relative_to(ROOT))
    packages = told.get("dependencies", [])
    found = [
        Finding("pip-audit", each["id"], path, 0, f"{package['name']} {package['version']}")
        for package in packages
        for each in package.get("vulns", ())
    ]
    return found, [package["name"] for package in packages if "skip_reason" in package] if packages else ["all"]


def locks() -> Audited:
    """Nothing is kept of what is known: a list of last month would say that all is well of what was found since."""
    if advisories(SMALLEST)[1]:
        return Audited("pip-audit", "-", 0, [], "no index answers that knows of advisories")
    told = {lock: advisories(lock) for lock in LOCKS}
    unknown = sorted({name for _, names in told.values() for name in names})
    missed = f"nothing could be learned of {', '.join(unknown)}" if unknown else ""
    return Audited("pip-audit", "-", len(LOCKS), [each for found, _ in told.values() for each in found], missed)


SILENCING = r"\b(nosec|nosem|nosemgrep)\b|pragma: ?(allow|white)list"
"""What would have a tool look away, were it run by anybody else than this."""


def comments() -> Audited:
    found = [each.split(":", 2) for each in git("grep", "-InE", SILENCING, "--", ":!tests/audit")]
    return Audited(
        "comments", 1, len(git("ls-files")), [Finding("git", "silences", path, int(n), text) for path, n, text in found]
    )


TOOLS: tuple[Callable[[], Audited], ...] = (semgrep, bandit, secrets, comments, locks)


def line(*cells: object) -> str:
    return "  ".join([f"{cells[0]:<{WIDTHS[0]}}", *(f"{c:>{w}}" for c, w in zip(cells[1:], WIDTHS[1:], strict=True))])


def main() -> int:
    print(line("tool", "rules", "files", "findings", "explained"), flush=True)
    wrong: list[str] = []
    findings: list[Finding] = []
    for tool in TOOLS:
        try:
            audited = tool()
        except Failed as failure:
            wrong.append(str(failure))
            continue
        findings += audited.findings
        explained = sum(any(each.explains(finding) for each in EXPLAINED) for finding in audited.findings)
        print(line(audited.tool, audited.rules, audited.files, len(audited.findings), explained), flush=True)
        if audited.missed:
            print(f"  {audited.missed}")
    wrong += unexplained(findings, EXPLAINED)
    print("\n".join(["", *wrong] if wrong else ["", "all clean, or explained in tests/audit/explained.py"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
