"""`kill -9` of all that recent events pass, again and again: nobody notices, and instances hold the same."""

import os
from pathlib import Path

import pytest

from app.recent.digest import digest_of
from tests.support.ingest.kafka import LEAKY_CLIENT, Broker
from tests.support.ingest.recent_kills import VICTIMS, run

KILLS = int(os.environ.get("MARQUEE_KILLS", "12"))


@pytest.mark.lab
@pytest.mark.slow
@LEAKY_CLIENT
def test_kills_in_any_order_fail_no_request_and_every_instance_holds_the_same(
    broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A request has failed without a list of 20 titles; one without an answer goes to the other, once."""
    outcome = run(broker, tmp_path, KILLS)
    first, second = map(digest_of, outcome.held)
    with capsys.disabled():
        asked = outcome.asked
        print(dict(outcome.kills), f"{asked.sent} asked, {asked.turned} turned", first)  # noqa: T201
    assert outcome.asked.failed == []
    assert set(outcome.kills) == set(VICTIMS)
    assert first == second
    assert {title[:2] for title in outcome.held[0]} == outcome.told
