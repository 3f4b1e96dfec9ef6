"""A correction that cannot be read stops whoever would count what it takes away, and says what to do."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auto_deployment.checks.data import check_data
from auto_deployment.cycle.link_segments import take_segments
from auto_deployment.dataset.corrections.look import events_of
from auto_deployment.dataset.corrections.rewriting import rewrite
from auto_deployment.dataset.corrections.wishes import wishes
from auto_deployment.dataset.export import Range, export_ratings
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.dataset.schema import SegmentError
from auto_deployment.feedback.forgotten import wishes_now
from auto_deployment.feedback.sources import Sources
from auto_deployment.ingest.recovery import recover
from auto_deployment.params import load_params
from auto_deployment.paths import FeedbackLayout, Paths
from auto_deployment.people.all_places import places_of
from auto_deployment.people.correct import EventName, Value, add_event
from auto_deployment.people.forget import forget
from auto_deployment.people.report import everything
from tests.support.feedback.world import NOON, World, request
from tests.support.ingest.corrections import NOW, correct, rating
from tests.support.ingest.segments import write_segment
from tests.support.project import PROJECT

SAYS = (
    r"correction-000001-\w+\.parquet cannot be read as a correction \(.+\): restore it from a copy\. Without"
)
SCALE = (1.0, 5.0)
Reader = Callable[[Paths], object]


def export(paths: Paths) -> object:
    return list(export_ratings(paths.segments, Range(0, 2**62), SCALE))


def add(paths: Paths) -> object:
    return add_event(paths, EventName(2, "heat+1995", NOW), Value(3.0), SCALE, NOW)


READERS: dict[str, Reader] = {
    "training": lambda paths: (read_ratings(paths.segments), read_watches(paths.segments)),
    "export": export,
    "events list": lambda paths: events_of(paths.segments, 1, SCALE),
    "events add": add,
    "events report": lambda paths: everything(paths, places_of(paths), 1, SCALE),
    "forget": lambda paths: forget(paths, places_of(paths), 2, NOW),
    "forget --status": lambda paths: wishes(paths.segments),
    "rewriting": rewrite,
    "feedback collect": lambda paths: wishes_now(paths.segments),
    "feedback join": lambda paths: Sources.below(FeedbackLayout(paths.feedback).edge, paths.segments),
    "a cycle": lambda paths: take_segments(paths, paths.root / "clone"),
}


@pytest.fixture(params=["page", "footer"])
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a correction that removes a rating and is damaged, in a data directory with one segment."""
    paths = Paths(tmp_path / "data")
    write_segment(paths.segments, "a", [rating(1, "heat+1995", 2.0), rating(2, "heat+1995", 3.0)])
    path = correct(paths.root, removed=rating(1, "heat+1995", 2.0))
    content = bytearray(path.read_bytes())
    content[30 if request.param == "page" else -6] ^= 0xFF
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("who", READERS)
def test_whoever_reads_it_says_so(damaged: Path, who: str) -> None:
    paths = Paths(damaged.parents[1])
    with pytest.raises(SegmentError, match=SAYS):
        READERS[who](paths)
    assert sorted(path.name for path in paths.segments.iterdir()) == ["a.parquet", damaged.name]


def test_ingest_does_not_start_with_one_whose_facts_cannot_be_read(tmp_path: Path) -> None:
    path = correct(tmp_path, removed=rating(1, "heat+1995", 2.0))
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(SegmentError, match=SAYS):
        recover(Paths(tmp_path))


def test_check_data_says_it_as_its_only_verdict(damaged: Path) -> None:
    params, paths = load_params(PROJECT / "params.yaml"), Paths(damaged.parents[1])
    (verdict,) = check_data(
        paths.segments, paths.catalog, params.checks, params.ingest, 10, datetime.now(UTC)
    )
    assert (verdict.name, verdict.passed) == ("readable", False)
    assert "restore it from a copy. Without it what it has removed" in verdict.sentence


def test_the_collector_keeps_what_it_has_read_until_it_is_restored(tmp_path: Path) -> None:
    world = World(tmp_path)
    write_segment(world.paths.segments, "a", [rating(1, "heat+1995", 2.0)])
    path = correct(world.paths.root, forgotten=1)
    whole = path.read_bytes()
    path.write_bytes(whole[:-6])
    world.log(request(NOON, 1, 1), request(NOON, 2, 2))
    collector = world.collector()
    collector.step(NOON)
    for _ in range(2):
        with pytest.raises(SegmentError, match=SAYS):
            collector.close()
    path.write_bytes(whole)
    collector.close()
    (file,) = world.layout.edge.glob("*.parquet")
    assert pq.read_table(file)["user_id"].to_pylist() == [1, 2]  # both after the wish
