"""Measures the package of two commits in turns, and fails where the later one lost: ``make bench-compare BASE=…``.

What measures is that of the working tree for both of them; only the package is taken from the commits.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.command import parser_of, unanswered
from benchmarks.cost.operations import Extent, Line, compared
from benchmarks.cost.rows import ROWS
from benchmarks.cost.sides import PACKAGE, ROOT, Side

MOST_LOSS = 0.1

HEAD = (
    "| operation | database | served | CPU | quartiles | latency | CPU, ms | latency, ms | statements | |\n"
    "|---|---|---|---:|---:|---:|---:|---:|---:|---|"
)
"""Ratios first; in brackets stands the earlier commit."""


def main(arguments: Sequence[str]) -> int:
    """Compare the commits, and return 1 where an operation lost more than a tenth, twice."""
    parser = parser_of("benchmarks.compare", __doc__)
    parser.add_argument("base", help="the earlier commit")
    parser.add_argument("head", nargs="?", help="the later commit; without it, the working tree")
    asked = parser.parse_args(arguments)
    if reason := unanswered(asked.databases):
        print(f"failed: {reason}")
        return 1
    extent = Extent(asked.rows, asked.ways, asked.people, asked.rounds)
    with ExitStack() as stack:
        base = stack.enter_context(package_of(asked.base))
        head = PACKAGE if asked.head is None else stack.enter_context(package_of(asked.head))
        print(f"CPU time and latency of {head.name}, as multiples of those of {base.name}:\n\n{HEAD}", flush=True)
        suspects = []
        for database in asked.databases:
            for line in compared(base, head, database, extent):
                print(told(line), flush=True)
                suspects += [line] if loses(line) else []
        lost = [line for line in suspects if loses(again(base, head, line, extent))]
    failures = [f"failed: {each.row} on {each.database}, {each.way}, lost more than {MOST_LOSS:.0%}" for each in lost]
    print("\n".join(["", *(failures or [f"nothing lost more than {MOST_LOSS:.0%}"])]))
    return 1 if lost else 0


def again(base: Side, head: Side, line: Line, extent: Extent) -> Line:
    """Measure an operation once more, in new processes: what else the machine does is not to be taken for a loss."""
    [repeated] = compared(base, head, line.database, extent._replace(rows=[line.row], ways=[line.way]))
    print(f"{told(repeated)} (once more)", flush=True)
    return repeated


@contextmanager
def package_of(commit: str) -> Iterator[Side]:
    """Check a commit out beside the working tree."""
    with tempfile.TemporaryDirectory(prefix="mfa-bench-") as folder:
        tree = Path(folder) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            name = _git("-C", str(tree), "log", "-1", "--format=%h (%s)")
            yield Side(name, PACKAGE.project, tree / "src")
        finally:
            _git("worktree", "remove", "--force", str(tree))


def loses(line: Line) -> bool:
    """Tell whether an operation takes more than a tenth more CPU time than before."""
    return line.outcome.cpu_ratio.median > 1 + MOST_LOSS


def told(line: Line) -> str:
    """Return a line of the table."""
    low, ratio, high = line.outcome.cpu_ratio
    first, second = line.outcome.first, line.outcome.second
    cells = [
        ROWS[line.row].title,
        line.database,
        line.way,
        f"{ratio:.2f}",
        f"{low:.2f} to {high:.2f}",
        f"{line.outcome.wall_ratio.median:.2f}",
        f"{second.cpu * 1000:.2f} ({first.cpu * 1000:.2f})",
        f"{second.wall * 1000:.2f} ({first.wall * 1000:.2f})",
        f"{line.statements[1]} ({line.statements[0]})",
        "**lost**" if loses(line) else "",
    ]
    return f"| {' | '.join(cells)} |"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603, S607 - our own, and wherever it is
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
