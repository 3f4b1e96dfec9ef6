"""`kill -9`, again and again: nothing is lost and nothing is there twice."""

from pathlib import Path

import pytest

from tests.support.ingest.kafka import LEAKY_CLIENT, Broker
from tests.support.ingest.kills import Plan, run


@pytest.mark.lab
@pytest.mark.slow
@LEAKY_CLIENT
def test_kills_at_any_moment_lose_and_repeat_nothing(broker: Broker, tmp_path: Path) -> None:
    outcome = run(broker, tmp_path / "data", Plan(lines=8_000, kills=8))
    assert (outcome.lost, outcome.doubled, outcome.holes) == (0, 0, 0)
    assert (outcome.rows, outcome.rejected) == (7_920, 80)
    assert outcome.ends == {0: 4_000, 1: 4_000}
    assert outcome.replaced > 0
