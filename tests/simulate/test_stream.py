"""The lines of a simulated platform are lines of the real one."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from auto_deployment.dataset.events import (
    AccountCreated,
    Event,
    Rating,
    Recommendation,
    Rejection,
    Watch,
    parse,
    render,
)
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.stream import generate_chunks
from tests.support.release.simulation import damage, small_platform


def lines_of(platform: Platform, scale: tuple[float, float] = (1, 5)) -> list[bytes]:
    return [line for chunk in generate_chunks(platform, scale) for line in chunk.messages if line is not None]


def events_of(platform: Platform, scale: tuple[float, float] = (1, 5)) -> list[Event]:
    events = [parse(line, rating_scale=scale) for line in lines_of(platform, scale)]
    return [event for event in events if not isinstance(event, Rejection)]


def test_the_same_parameters_give_the_same_lines_and_another_seed_others() -> None:
    assert lines_of(small_platform()) == lines_of(small_platform())
    assert lines_of(small_platform()) != lines_of(small_platform(seed=1))


@pytest.mark.parametrize("digits", [0, 3, 6])
def test_every_undamaged_line_is_read_and_is_written_as_the_platform_writes_it(digits: int) -> None:
    lines = lines_of(small_platform(watch_fraction_digits=digits, request_fraction_digits=6))
    assert len(lines) > 5000
    for line in lines:
        event = parse(line)
        assert not isinstance(event, Rejection), line
        assert render(event) == line


def test_the_kinds_have_about_the_shares_of_the_real_stream() -> None:
    events = events_of(small_platform(users=600, days=5))
    counts = Counter(type(event) for event in events)
    assert 0.97 < counts[Watch] / len(events) < 0.995
    assert 0.003 < counts[Rating] / len(events) < 0.008
    assert 0.006 < counts[Recommendation] / len(events) < 0.012
    assert counts[AccountCreated] > 0


def test_lines_come_in_order_of_time_within_the_days_of_the_simulation() -> None:
    platform = small_platform()
    times_us = np.concatenate([chunk.times_us for chunk in generate_chunks(platform)])
    assert (np.diff(times_us) >= 0).all()
    assert times_us[0] >= platform.start_us
    assert times_us[-1] < platform.start_us + 2 * 86_400_000_000
    times = [event.time for event in events_of(small_platform(request_fraction_digits=0))]
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_a_user_watches_one_minute_a_minute_of_one_movie_at_a_time() -> None:
    before: dict[int, Watch] = {}
    goes_on = 0
    for event in events_of(small_platform(days=5)):
        if isinstance(event, Watch):
            last = before.get(event.user_id)
            if last is not None:
                seconds = (event.time - last.time).total_seconds()
                assert seconds >= 60
                goes_on += (event.movie_id, event.minute, seconds) == (last.movie_id, last.minute + 1, 60)
            before[event.user_id] = event
    assert goes_on > 20_000


def test_the_stream_begins_amid_viewings() -> None:
    first = [
        event for event in events_of(small_platform(users=2000, days=1))[:50] if isinstance(event, Watch)
    ]
    assert max(event.minute for event in first) > 30
    assert len({event.minute for event in first}) > 10


def test_watch_lines_can_be_thinned() -> None:
    every = [event for event in events_of(small_platform()) if isinstance(event, Watch)]
    thinned = [event for event in events_of(small_platform(minute_step=10)) if isinstance(event, Watch)]
    assert thinned == [event for event in every if event.minute % 10 == 0]


@pytest.mark.parametrize(("scale", "mean"), [((1, 5), 3.6), ((1, 10), 6.9)])
def test_ratings_keep_to_the_scale(scale: tuple[float, float], mean: float) -> None:
    platform = small_platform(users=600, days=5)
    ratings = [event.rating for event in events_of(platform, scale) if isinstance(event, Rating)]
    assert set(ratings) <= set(range(int(scale[0]), int(scale[1]) + 1))
    assert abs(np.mean(ratings) - mean) < 0.06 * (scale[1] - scale[0])
    assert 0.15 < np.std(ratings) / (scale[1] - scale[0]) < 0.22


def test_a_list_has_up_to_twenty_different_movies_and_some_requests_fail() -> None:
    events = events_of(small_platform(users=600, days=5, movies=800))
    requests = [event for event in events if isinstance(event, Recommendation)]
    failed = [request for request in requests if request.status == 0]
    shown = [request for request in requests if request.status == 200]
    assert 0 < len(failed) < 0.06 * len(requests)
    assert all(request.error and not request.movies for request in failed)
    assert all(len(set(request.movies)) == len(request.movies) <= 20 for request in shown)
    assert np.mean([len(request.movies) == 20 for request in shown]) > 0.9


def test_damage_changes_only_the_lines_that_it_hits() -> None:
    clean = lines_of(small_platform())
    dirty = lines_of(small_platform(damage=damage(stray=0.02, user=0.01)))
    changed = sum(one != other for one, other in zip(clean, dirty, strict=True))
    assert 0.02 < changed / len(clean) < 0.04


def test_duplicates_repeat_lines_and_nothing_else() -> None:
    clean = Counter(lines_of(small_platform()))
    dirty = Counter(lines_of(small_platform(damage=damage(duplicate=0.1))))
    extra = dirty - clean
    assert set(dirty) == set(clean)
    assert 0.08 < extra.total() / clean.total() < 0.12


def test_late_lines_arrive_later_by_no_more_than_the_limit() -> None:
    platform = small_platform(damage=damage(late=0.05), late_max_s=300, request_fraction_digits=0)
    assert Counter(lines_of(platform)) == Counter(lines_of(small_platform(request_fraction_digits=0)))
    newest, delays = 0.0, []
    for event in events_of(platform):
        delays.append(newest - event.time.timestamp())
        newest = max(newest, event.time.timestamp())
    assert 200 < max(delays) <= 300
    assert 0.02 < np.mean(np.array(delays) > 0) < 0.06
