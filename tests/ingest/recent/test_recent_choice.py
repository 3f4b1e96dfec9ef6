"""What of the stream is told to the instances at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.recent.events import RecentEvent
from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.dataset.events import AccountCreated, Rating, Watch
from auto_deployment.ingest.recent import lengths
from auto_deployment.ingest.recent.choose import REMEMBERED, RecentChoice
from auto_deployment.ingest.recent.lengths import FinishedAfter
from auto_deployment.params import load_params
from tests.support.ingest.catalog import movies_frame
from tests.support.project import PROJECT

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW_S = int(NOW.timestamp())


def choice(scale: tuple[float, float] = (1, 5)) -> RecentChoice:
    return RecentChoice(scale, lambda movie_id: 80, lambda: NOW)


def test_a_watch_is_told_when_first_seen_and_when_finished() -> None:
    chosen = choice()
    told = [chosen.of(Watch(NOW, 7, "heat+1995", minute)) for minute in range(100)]
    assert [(n, one) for n, one in enumerate(told) if one] == [
        (0, RecentEvent(NOW_S, 7, "heat+1995")),
        (79, RecentEvent(NOW_S, 7, "heat+1995", finished=True)),
    ]


def test_a_watch_that_is_first_seen_at_its_end_is_told_once() -> None:
    chosen = choice()
    told = [chosen.of(Watch(NOW, 7, "heat+1995", minute)) for minute in (90, 91, 3)]
    assert told == [RecentEvent(NOW_S, 7, "heat+1995", finished=True), None, None]


def test_a_rating_is_told_on_the_scale_from_1_to_5() -> None:
    assert choice((1, 10)).of(Rating(NOW, 7, "heat+1995", 10)) == RecentEvent(NOW_S, 7, "heat+1995", rating=5)
    assert choice((1, 10)).of(Rating(NOW, 7, "heat+1995", 1)) == RecentEvent(NOW_S, 7, "heat+1995", rating=1)


def test_history_and_other_lines_are_not_told() -> None:
    old = NOW - timedelta(days=31)
    for event in (Watch(old, 7, "heat+1995", 0), Rating(old, 7, "heat+1995", 3), AccountCreated(NOW, 7)):
        assert choice().of(event) is None


def test_what_is_remembered_is_bounded() -> None:
    chosen = choice()
    for user in range(REMEMBERED + 1):
        chosen.of(Watch(NOW, user, "heat+1995", 0))
    assert len(chosen._told) == 1


def test_finished_is_what_training_takes_for_liked(tmp_path: Path) -> None:
    prepare = load_params(PROJECT / "params.yaml").training.prepare
    assert prepare.relevant_watched == lengths.RELEVANT_WATCHED
    assert prepare.assumed_runtime_min == lengths.ASSUMED_RUNTIME_MIN
    assert prepare.full_watch_max_min == lengths.FULL_WATCH_MAX_MIN
    now_s = [0.0]
    finished_after = FinishedAfter(tmp_path, lambda: now_s[0])
    assert finished_after("heat+1995") == 72
    MOVIES.write(tmp_path, movies_frame("heat+1995").assign(runtime_min=100))
    assert finished_after("heat+1995") == 72
    now_s[0] = 61
    assert finished_after("heat+1995") == 80
