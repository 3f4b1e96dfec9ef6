"""What Prometheus is told: bounded labels, zero for counts, nothing for what nobody can say yet."""

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.feedback.join import joined_share
from auto_deployment.feedback.measures import Question
from auto_deployment.feedback.online.pace import Pace
from auto_deployment.feedback.online.release_report import Tables
from auto_deployment.feedback.online.series import ENDS, Joined, JoinMetrics
from tests.support.feedback.world import LIST, NOON, World, after, request, told, watched


def said(metrics: JoinMetrics) -> dict[str, float]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name.removeprefix("marquee_feedback_"): float(value) for name, _, value in samples}


def test_before_the_first_round_counts_are_zero_and_the_rest_is_absent() -> None:
    assert said(JoinMetrics()) == {
        "outcomes": 0, "measured_releases": 0,
        **{f'lines{{end="{end}"}}': 0 for end in ENDS},
        **{f'shown_lists{{track="{track}"}}': 0 for track in ("stable", "canary")},
        **{f'shown_users{{track="{track}"}}': 0 for track in ("stable", "canary")},
    }  # fmt: skip


def test_a_round_says_how_much_was_joined_and_how_far_it_is() -> None:
    metrics = JoinMetrics()
    lines = {"joined": 90, "stream_too_far": 10, "something_new": 1}
    metrics.joined = Joined(NOON, 1.5, 240.0, lines, 0.9, -7.5, 12)
    found = said(metrics)
    assert found['lines{end="joined"}'] == 90
    assert found['lines{end="stream_too_far"}'] == 10
    assert (found["joined_ratio"], found["clock_difference_seconds"], found["join_behind_seconds"]) == (
        0.9, -7.5, 240,
    )  # fmt: skip
    assert (found["join_timestamp_seconds"], found["join_seconds"]) == (NOON.timestamp(), 1.5)


def test_the_measures_of_both_tracks_have_their_bounds_and_no_other_track(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.catalogue(*LIST)
    tracks = ["canary", "canary", "stable", "static", "nonsense"]
    world.log(*(request(after(minutes=n), n, n, track=track) for n, track in enumerate(tracks, 1)))
    lists = (told(after(minutes=n), n) for n in range(1, 6))
    world.segment(*lists, *watched(after(minutes=9), 1, LIST[0]))
    world.collect()
    world.join()
    users, movies = USERS.read(world.paths.catalog), MOVIES.read(world.paths.catalog)["movie_id"]
    metrics = JoinMetrics()
    tables = Tables(world.engine, world.store, users, movies)
    metrics.tracks = tables.measure(Question(NOON), world.params.report, ("track",))
    found = said(metrics)
    assert found['shown_users{track="canary"}'] == 2
    assert found['measure{bound="value",measure="hit_rate",track="canary"}'] == 0.5
    assert 0 <= found['measure{bound="low",measure="hit_rate",track="canary"}'] <= 0.5
    assert found['measure{bound="value",measure="hit_rate",track="stable"}'] == 0
    assert found['measure{bound="value",measure="coverage",track="stable"}'] == 1
    assert 'measure{bound="value",measure="rating",track="canary"}' not in found  # nobody rated
    assert not [name for name in found if "nonsense" in name or "static" in name]


def test_how_far_the_stream_is_behind_the_requests(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.log(request(after(minutes=1), 1, 1), request(after(minutes=50), 1, 2))
    world.collect()
    assert world.join().behind_s == pytest.approx(49 * 60, abs=1)  # there is no stream at all
    world.segment(told(after(minutes=20), 1))
    assert world.join().behind_s == pytest.approx(30 * 60, abs=1)
    world.segment(told(after(minutes=55), 1))
    assert world.join().behind_s == 0


def test_the_share_that_was_joined_is_of_the_newest_whole_hour_with_enough_lists() -> None:
    def hour(**counts: int) -> dict[str, dict[str, int]]:
        return {"counts": counts}

    begun = hour(joined=1, stream_alone=99)  # collecting began in it
    whole = hour(joined=150, stream_alone=30, stream_too_far=20, edge_alone=500, edge_waiting=5)
    facts = dict(
        zip((NOON + timedelta(hours=n) for n in range(4)), (begun, whole, hour(), begun), strict=True)
    )
    assert joined_share(facts, 100) == 0.75
    assert joined_share(facts, 300) is None
    assert joined_share({NOON: begun, after(hours=1): begun}, 1) is None
    assert joined_share({}, 1) is None


def test_measuring_takes_no_more_than_its_share_of_the_time() -> None:
    pace = Pace(0.2)
    assert pace.may_begin(100.0)
    pace.took(100.0, 130.0)
    assert not pace.may_begin(249.0)
    assert pace.may_begin(250.0)
