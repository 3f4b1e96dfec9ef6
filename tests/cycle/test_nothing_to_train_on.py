"""`retrain` and `schedule` where no event, or too little, has come in: said first, plainly and soon."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.cycle.outcome import PUBLISHED, WAITING
from auto_deployment.cycle.schedule import ScheduleState, read_state, write_state
from auto_deployment.dataset.events import Rating
from auto_deployment.ingest import open_since
from auto_deployment.paths import CycleLayout, Paths
from tests.support.cycle.home import BEGIN, CycleHome
from tests.support.ingest.segments import write_segment
from tests.support.project import PROJECT

IN_GENERAL = (
    "Nothing to train on yet: ingest closes its next segment at the latest 5 min after the first event."
)


def marquee(data_dir: Path, *words: str) -> tuple[int, str, str]:
    """Run a command as a person does, with DVC itself; return status, what it prints, what it says beside."""
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "auto_deployment", *words],
        cwd=PROJECT, env={**environ, "DATA_DIR": str(data_dir), "LOG_LEVEL": "ERROR"},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_system_without_events_says_so_before_any_work(tmp_path: Path) -> None:
    assert marquee(tmp_path, "retrain", "--now") == (1, f"waiting: {IN_GENERAL}\n", "")
    layout = CycleLayout.below(Paths(tmp_path).cycle)
    assert not layout.clone.exists()
    assert not layout.git_remote.exists()
    assert json.loads(layout.last.read_bytes())["kind"] == WAITING


def test_while_lines_wait_the_time_of_their_segment_is_said(tmp_path: Path) -> None:
    begun = datetime.now(UTC) - timedelta(minutes=1)
    open_since.note(Paths(tmp_path).open_batch, begun)
    _, said, _ = marquee(tmp_path, "retrain")
    closes = f"{begun + timedelta(minutes=5):%H:%M}"
    assert said == f"waiting: Nothing to train on yet: ingest closes its next segment at {closes} UTC.\n"


def test_a_scheduled_cycle_without_events_comes_again_soon_and_mails_once(tmp_path: Path) -> None:
    layout, outbox = CycleLayout.below(Paths(tmp_path).cycle), Paths(tmp_path).outbox
    for _ in range(2):
        write_state(layout.schedule, ScheduleState(datetime.now(UTC) - timedelta(days=1)))
        assert marquee(tmp_path, "schedule", "--once")[0] == 0
        state = read_state(layout.schedule)
        assert state is not None
        assert (state.last_kind, state.due < datetime.now(UTC) + timedelta(hours=1.1)) == (WAITING, True)
    (mail,) = outbox.glob("*.eml")
    assert b"Subject: Nothing to train on yet" in mail.read_bytes()


def test_a_remote_that_has_the_code_alone_is_looked_at_and_nothing_more(home: CycleHome) -> None:
    outcome = home.cycle()
    assert (outcome.kind, outcome.sentence) == (WAITING, IN_GENERAL)
    assert not (home.layout.clone / "data" / "segments.dvc").exists()
    home.arrive("first")
    assert home.cycle(1).kind == PUBLISHED


def test_what_is_published_is_enough_to_train_on(one: CycleHome) -> None:
    for path in one.paths.segments.iterdir():
        path.unlink()
    assert one.cycle(1).kind != WAITING


@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        ([], "There is no rating and no watch to train on: import or ingest some first. ("),
        (
            [(1, "a+2000")],
            "The training part has 1 user(s) and 1 movie(s), a model needs two of each at least",
        ),
    ],
    ids=["a segment without events", "one event"],
)
def test_too_little_is_the_stages_sentence_first(
    tmp_path: Path, ratings: list[tuple[int, str]], said: str
) -> None:
    write_segment(
        Paths(tmp_path).segments, "one", [Rating(BEGIN, user, movie, 4.0) for user, movie in ratings]
    )
    status, out, _ = marquee(tmp_path, "retrain", "--now")
    assert (status, out.startswith(f"failed: {said}")) == (1, True), out
    assert "(dvc repro failed (status 255): ERROR: failed to reproduce '" in out
    assert "WARNING" not in out
