"""No sentence of a release's mails and status leaves a person with thousands of seconds."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.commands.mail.examples import all_examples
from auto_deployment.release import mail_pages
from auto_deployment.release.judge.judgement import Judgement, ReleaseVerdict
from auto_deployment.release.judge.ticks import BAKING, WARMING, Tick
from auto_deployment.release.mail_pages import ReleaseEvent, approval_mail, metrics_unavailable_mail
from auto_deployment.release.mails import MAILS
from auto_deployment.release.phases import Situation, advance
from auto_deployment.release.reconcile import CANARY_NAME, NAMES, Observed, Traffic
from auto_deployment.release.release import Phase, Release, requested
from auto_deployment.release.status import ReleaseStatus, history_line, judgement_of, tree
from auto_deployment.release.store import Record
from tests.support.durations import many_seconds
from tests.support.release.ticks import in_order, tick
from tests.support.release.world import NEW, OLD, SHIPPED, START

BEGUN = requested(NEW, OLD, "r1", "pipeline", START)
RENDERERS = {*MAILS.values(), approval_mail, metrics_unavailable_mail}
WAITING = (Phase.STARTING, Phase.WARMING, Phase.BAKING, Phase.PROMOTING)
TICKS = st.lists(
    st.builds(
        tick,
        duration_s=st.sampled_from([60.0, 1_799.0, 20_000.0]),
        phase=st.sampled_from([WARMING, BAKING, BAKING]),
        metrics_available=st.booleans(),
    ),
    max_size=6,
)


def said(record: Record, after: timedelta) -> Iterator[str]:
    """Yield the status, the line of the history and every mail of a release."""
    now = record.release.since + after
    traffic = Traffic(frozenset(NAMES), "any")
    yield tree(ReleaseStatus(now, OLD.release, record, traffic, {"stable": 80, "canary": 20}, SHIPPED, False))
    yield history_line(record.release)
    event = ReleaseEvent(record, judgement_of(record, SHIPPED), SHIPPED, now)
    with patch.object(mail_pages, "tracks_plot", return_value=b""):  # plots take their time
        for render in RENDERERS:
            yield render(event).text


def too_late(phase: Phase, canary: Observed) -> Release:
    """Return the end of a release of which an instance is not well for longer than may be."""
    observed = dict.fromkeys(NAMES, replace(canary, wanted=NEW.release)) | {CANARY_NAME: canary}
    judgement = Judgement(ReleaseVerdict.NOT_ENOUGH_EVIDENCE, "Not yet.", (), 0.0, 0.0)
    known = Situation(START + timedelta(hours=3), observed, judgement, SHIPPED)
    return advance(BEGUN.to(phase, START, "It goes on."), known)


@settings(max_examples=25)
@given(TICKS, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_no_evidence_is_counted_in_many_seconds(ticks: list[Tick], after: timedelta) -> None:
    release = BEGUN.to(Phase.BAKING, START, "What users meet is evidence from now on.")
    record = Record(release, tuple(in_order(ticks)))
    for text in said(record, after):
        assert many_seconds(text) == []


@pytest.mark.parametrize("runs", [NEW.release, None])
@pytest.mark.parametrize("phase", WAITING)
def test_no_patience_is_counted_in_many_seconds(phase: Phase, runs: str | None) -> None:
    ended = too_late(phase, Observed(runs, well=False, unwell_s=7_265))
    assert ended.phase is Phase.ABORTED
    for text in said(Record(ended), timedelta(hours=5)):
        assert many_seconds(text) == []


def test_no_example_of_a_mail_counts_in_many_seconds() -> None:
    for _, mail in all_examples():
        assert many_seconds(mail.text) == []
