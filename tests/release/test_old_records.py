"""Files of version 0.1 (`data_0_1`) are read completely, and what is written now are the same bytes."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.paths import Paths
from auto_deployment.release.inbox import Inbox, Request
from auto_deployment.release.judge.judgement import ReleaseVerdict
from auto_deployment.release.judge.replay import read_ticks, replay
from auto_deployment.release.judge.ticks import BAKING, CANARY, STABLE, WARMING, Tick, TrackCounts
from auto_deployment.release.records import (
    ARTEFACT,
    CODE,
    RejectedRelease,
    Serving,
    add_rejected,
    read_rejected,
    read_released,
    read_serving,
    write_serving,
)
from auto_deployment.release.release import Action, Change, Kind, Phase, Release, ReleaseCommand
from auto_deployment.release.store import Record, Store
from tests.support.release.world import NEW, OLD, SHIPPED, START

OLD_FILES = Path(__file__).parent / "data_0_1"
WARMED, BAKED = START + timedelta(seconds=20.5), START + timedelta(seconds=80.5)
EXTENDED, ABORTED = START + timedelta(seconds=30), START + timedelta(seconds=90)
RELEASE = Release(
    kind=Kind.CANDIDATE,
    candidate=NEW,
    stable=OLD,
    request="20260301T060000000000-000001-0123abcd",
    requested_by="pipeline",
    changes=(
        Change(Phase.REQUESTED, START, "Requested by pipeline."),
        Change(Phase.STARTING, START + timedelta(seconds=2), "The canary starts."),
        Change(Phase.WARMING, WARMED, "The canary is healthy and serves."),
        Change(Phase.BAKING, BAKED, "What users meet is evidence from now on."),
        Change(Phase.ABORTED, START + timedelta(seconds=92), "Aborted by bob."),
    ),
    commands=(
        ReleaseCommand(
            "20260301T060030000000-000001-89abcdef",
            Action.EXTEND,
            "ann",
            EXTENDED,
            "weekend: ü",
            3600.0,
            NEW.release,
        ),
        ReleaseCommand(
            "20260301T060130000000-000001-fedcba98", Action.ABORT, "bob", ABORTED, release=NEW.release
        ),
    ),
    origin={"merge_request": "12", "author": "ann"},
    blameless=True,
)
TICKS = (
    Tick(
        time=START + timedelta(seconds=40.5),
        duration_s=20.0,
        phase=WARMING,
        counts={CANARY: TrackCounts(3, 1, 1, 0, 4, 5, 1), STABLE: TrackCounts(9, 0, 0, 1, 11, 11, 0)},
        mean_latency_ms={CANARY: 20.25, STABLE: None},
        damaged_lines=2,
        foreign_attempts=1,
    ),
    Tick(
        time=START + timedelta(seconds=90.5),
        duration_s=10.0,
        phase=BAKING,
        mean_latency_ms={CANARY: None, STABLE: 31.5},
        metrics_available=False,
        tracks_present=False,
    ),
)
RECORD = Record(RELEASE, TICKS, {"positions": [{"inode": 5, "offset": 7}], "users": "AAEC"}, {"canary": 2})
SERVING = Serving("v1", "content-of-v1", "abc1234", "v1-abc1234", "2026-03-01T06:00:00+00:00")
REJECTED = (
    RejectedRelease(
        ARTEFACT,
        "v2-abc1234",
        "Worse: ü",
        "2026-03-01T06:00:00+00:00",
        content_hash="content-of-v2",
        model_version="v2",
    ),
    RejectedRelease(CODE, "v3-def5678", "Slow.", "2026-03-01T06:00:00+00:00", code_revision="def5678"),
)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path)
    shutil.copytree(OLD_FILES, paths.releases)
    return paths


def test_a_release_of_0_1_is_read_completely_and_written_as_it_was(paths: Paths) -> None:
    store = Store(paths.releases)
    assert store.newest() == RECORD
    written = store.path(RELEASE)
    before = written.read_bytes()
    written.unlink()
    store.write(RECORD)
    assert written.read_bytes() == before


def test_a_release_of_0_1_is_judged_again(paths: Paths) -> None:
    ticks = read_ticks(Store(paths.releases).path(RELEASE))
    assert ticks == list(TICKS)
    assert replay(ticks, SHIPPED.judge).judgement.verdict is ReleaseVerdict.METRICS_UNAVAILABLE


def test_what_serves_and_what_0_1_rejected_is_known(paths: Paths, tmp_path: Path) -> None:
    assert read_serving(paths) == SERVING
    assert read_rejected(paths) == REJECTED
    assert read_released(paths) == {"v1"}
    again = Paths(tmp_path / "again")
    write_serving(again, SERVING)
    for one in REJECTED:
        add_rejected(again, one)
    for name in ("serving.json", "rejected.json", "released.json"):
        assert (again.releases / name).read_bytes() == (OLD_FILES / name).read_bytes()


def test_what_was_asked_of_0_1_is_heard(paths: Paths) -> None:
    request, command = Inbox(paths.releases / "inbox").waiting()
    at, reason, origin = START + timedelta(seconds=100), "it smells: ü", {"pipeline": "7"}
    assert request == Request(request.id, OLD, "ann", at, Kind.ROLLBACK, reason, origin)
    at += timedelta(seconds=1.5)
    assert command == ReleaseCommand(command.id, Action.EXTEND, "bob", at, "holiday", 60.0, OLD.release)


def test_requests_are_written_as_0_1_wrote_them(tmp_path: Path) -> None:
    inbox, at = Inbox(tmp_path), START + timedelta(seconds=100)
    inbox.request(OLD, "ann", at, Kind.ROLLBACK, "it smells: ü", {"pipeline": "7"})
    inbox.command(Action.EXTEND, OLD.release, "bob", at + timedelta(seconds=1.5), "holiday", 60.0)
    for new, old in zip(sorted(tmp_path.iterdir()), sorted((OLD_FILES / "inbox").iterdir()), strict=True):
        assert new.read_text("utf-8").replace(new.stem, old.stem) == old.read_text("utf-8")
