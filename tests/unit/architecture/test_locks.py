"""What the lock files may hold: names, versions and hashes, and no address of wherever they came from."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = [
    *sorted((ROOT / "requirements").glob("*.txt")),
    ROOT / "typing_tests/package-lock.json",
    ROOT / "tests/integration/openapi/client/package-lock.json",
]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_a_lock_holds_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "sha512-" in text or "--hash=sha256:" in text
