import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "register_and_verify.py"
MOST_LINES = 25

PROOF = """
import runpy, sys
runpy.run_path(sys.argv[1], run_name="__main__")
print("imported:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_it_registers_and_verifies_without_django() -> None:
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROOF, str(EXAMPLE)], capture_output=True, text=True, check=True
    )
    before, after, imported = ran.stdout.splitlines()
    assert before == "before: 1 verification left"
    assert after == "after: verified by totp (device 0)"
    modules = set(imported.split())
    assert "mfa" in modules
    assert modules.isdisjoint({"django", "rest_framework", "asgiref", "sqlite3"})
    assert ran.stderr == ""


def test_it_is_as_short_as_it_says() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= MOST_LINES
