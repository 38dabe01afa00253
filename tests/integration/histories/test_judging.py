"""What is a violation whatever else was answered, shown of answers that no project gave."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.histories.machine import Campaign
from tests.integration.histories.recording import Recorder
from tests.integration.promises.stage import Answer, Stage, Transport
from tests.projects.promises.faults import STRUCK

REFUSED = Answer(403, {"code": "registration_required"})
NOBODY = Answer(401, {})
FAILED = Answer(500)
STRUCK_DOWN = Answer(500, headers={STRUCK.lower(): "yes"})
BUSY = Answer(503, {"code": "unavailable"})


class Reciting(Transport):
    """Makes a person, and answers then what is given, one after the other."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = iter(answers)

    def request(self, verb: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        del verb, body, headers
        if path == "/people/":
            return Answer(200, {"id": 1, "keys": ["first", "second"]})
        return Answer(200, {"key": "third"}) if path.startswith("/session/") else next(self.answers)


@pytest.mark.parametrize(
    ("answers", "well"),
    [
        pytest.param([REFUSED, STRUCK_DOWN, BUSY], True, id="refused, and a fault"),
        pytest.param([REFUSED, FAILED], False, id="500 without a fault"),
        pytest.param([BUSY, STRUCK_DOWN], False, id="nothing is said"),
        pytest.param([NOBODY], False, id="a session that nobody has ended"),
    ],
)
def test_a_history_of_one_session(
    answers: Sequence[Answer],
    well: bool,  # noqa: FBT001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROMISES_FOLDER", str(tmp_path))
    stage: Any = Stage(Reciting(answers), tmp_path)
    recorder, campaign = Recorder(stage), Campaign(stage, "")
    for _ in answers:
        recorder.gate("session 0", "2 before error")

    campaign.judge(recorder)

    assert (not campaign.violations) == well, campaign.violations
