"""What happens on a simulated platform, stretch of time after stretch of time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Int64Array
from auto_deployment.simulate.arrays import DAY_US, MINUTE_US, SECOND_US, draw, generator
from auto_deployment.simulate.columns import Ratings, Viewings, clip, queue, truncate
from auto_deployment.simulate.platform.choices import Choice, ViewingHistory, choose
from auto_deployment.simulate.platform.opinions import opinions, rates, watch_minutes
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.requests import RecommendRequests, make_requests

WARM_UP_US = DAY_US // 6  # simulated before the start, so that the stream begins amid viewings
BUSY_HOUR, HOUR_SWING = 20, 0.6
VIEWINGS_PER_STRETCH = 1200  # about 100,000 watch lines


@dataclass(frozen=True, slots=True)
class Stretch:
    """What begins between two moments, counted from the start, as far as it lies within the simulation."""

    begin_us: int
    end_us: int
    viewings: Viewings
    ratings: Ratings
    requests: RecommendRequests
    joined: Int64Array


class Life:
    """Draws one stretch after the other; the same platform and scale always give the same."""

    def __init__(self, platform: Platform, scale: tuple[float, float]) -> None:
        self._platform = platform
        self._scale = scale
        self._rng = generator(platform.params.seed, "life")
        self._seen = ViewingHistory(len(platform.movies.ids))
        self._end_us = platform.params.days * DAY_US
        self._free_us = np.full(platform.params.users, -DAY_US)

    def stretches(self) -> Iterator[Stretch]:
        """Yield all stretches in order of time."""
        step_us = stretch_us(self._platform)
        for begin_us in range(-WARM_UP_US, self._end_us, step_us):
            yield self._stretch(begin_us, min(begin_us + step_us, self._end_us))

    def _stretch(self, begin_us: int, end_us: int) -> Stretch:
        users, arrivals_us = self._arrive(begin_us, end_us)
        choice = choose(self._rng, self._platform, self._seen, users, begin_us)
        viewings = self._watch(users, arrivals_us, choice)
        joined_us = self._platform.users.joined_us
        return Stretch(
            begin_us=begin_us,
            end_us=end_us,
            viewings=clip(viewings, self._end_us),
            ratings=self._rate(viewings, choice),
            requests=self._request(users, arrivals_us, choice),
            joined=np.flatnonzero((joined_us >= max(begin_us, 0)) & (joined_us < end_us)),
        )

    def _arrive(self, begin_us: int, end_us: int) -> tuple[Int64Array, Int64Array]:
        """Draw who comes and when: more in the evening than in the morning."""
        people = self._platform.users
        rate = np.where(people.joined_us < begin_us, people.activity, 0.0).cumsum()
        most = rate[-1] * (1 + HOUR_SWING) * (end_us - begin_us) / DAY_US
        times_us = np.sort(self._rng.integers(begin_us, end_us, self._rng.poisson(most)))
        hour = (self._platform.start_us + times_us) / DAY_US * 24
        busy = (1 + HOUR_SWING * np.cos((hour - BUSY_HOUR) / 24 * 2 * np.pi)) / (1 + HOUR_SWING)
        times_us = times_us[self._rng.random(len(times_us)) < busy]
        return draw(self._rng, rate, (len(times_us),)), times_us

    def _watch(self, users: Int64Array, arrivals_us: Int64Array, choice: Choice) -> Viewings:
        first, minutes = watch_minutes(self._rng, self._platform, choice.movie, choice.liking)
        start_us = arrivals_us + self._rng.integers(5 * SECOND_US, MINUTE_US, len(users))
        digits = self._platform.params.watch_fraction_digits
        wanted = Viewings(users, choice.movie, truncate(start_us, digits), first, minutes)
        return queue(wanted, self._free_us)

    def _rate(self, viewings: Viewings, choice: Choice) -> Ratings:
        users, movies = viewings.user, viewings.movie
        values = opinions(self._rng, self._platform, users, movies, choice.liking, self._scale)
        delay_us = self._rng.exponential(5 * MINUTE_US, len(users)).astype(np.int64)
        times_us = viewings.start_us + viewings.minutes * MINUTE_US + delay_us
        times_us = truncate(times_us, self._platform.params.watch_fraction_digits)
        kept = rates(self._rng, self._platform, users) & self._within(times_us)
        return Ratings(users[kept], movies[kept], times_us[kept], values[kept])

    def _request(self, users: Int64Array, arrivals_us: Int64Array, choice: Choice) -> RecommendRequests:
        habits = self._platform.params.activity
        asks = (self._rng.random(len(users)) < habits.requests_per_viewing) & self._within(arrivals_us)
        times_us = truncate(arrivals_us[asks], self._platform.params.request_fraction_digits)
        return make_requests(
            self._rng, users[asks], times_us, choice.considered[asks], habits.failed_request_share
        )

    def _within(self, times_us: Int64Array) -> BoolArray:
        return np.asarray((times_us >= 0) & (times_us < self._end_us))


def stretch_us(platform: Platform) -> int:
    """Return a length of time, in whole seconds, at most a day, with a workable number of viewings."""
    per_us = platform.users.activity.sum() / DAY_US
    return int(np.clip(VIEWINGS_PER_STRETCH / per_us // SECOND_US * SECOND_US, 10 * SECOND_US, DAY_US))
