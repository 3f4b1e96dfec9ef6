"""Users who are shown lists, and the lines that tell what they watch and rate of them."""

from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.simulate.arrays import DAY_US, MINUTE_US, SECOND_US, generator
from auto_deployment.simulate.columns import Ratings, truncate
from auto_deployment.simulate.lines import rating_lines, time_texts, watch_lines
from auto_deployment.simulate.lists.appeal import Appeal
from auto_deployment.simulate.params import ListParams
from auto_deployment.simulate.platform.opinions import opinions, rates, watch_minutes
from auto_deployment.simulate.platform.platform import Platform

HOUR_US = 60 * MINUTE_US
CHOOSING_US = (5 * SECOND_US, MINUTE_US)  # between list and first minute
RATING_DELAY_US = 5 * MINUTE_US


class Audience:
    """All users of a platform. Times are microseconds since 1970; one thread at a time.

    A user watches one title of a list at a time, and then rests: that bounds how much is begun, and how many
    lines are written, however often lists are shown.
    """

    def __init__(
        self, platform: Platform, params: ListParams, scale: tuple[float, float], now_us: int
    ) -> None:
        self._platform, self._params, self._scale = platform, params, scale
        self._rng = generator(platform.params.seed, "lists")
        self._places = {movie_id: place for place, movie_id in enumerate(platform.movies.ids)}
        self._ids = [movie_id.encode() for movie_id in platform.movies.ids]
        self._appeal, self._appeals_until_us = self._look_at(now_us), now_us + DAY_US
        self._free_us: dict[int, int] = {}
        self._begun: dict[int, set[int]] = {}
        self._watching: list[tuple[int, int, int, int, int]] = []  # time, user, movie, minute, end
        self._rating: list[tuple[int, int, int, int]] = []  # time, user, movie, rating

    @property
    def users(self) -> int:
        return self._platform.params.users

    def show(self, now_us: int, user_id: int, movie_ids: Sequence[str]) -> bool:
        """Let a user see a list; return whether something of it will be begun.

        Who is no user of the platform begins nothing, and nobody what the platform has not or what was begun
        from a list before.
        """
        user = user_id - 1
        if not 0 <= user < self.users or self._free_us.get(user, now_us) > now_us:
            return False
        if now_us >= self._appeals_until_us:
            self._appeal, self._appeals_until_us = self._look_at(now_us), now_us + DAY_US
        begun = self._begun.setdefault(user, set())
        places = (self._places.get(one, -1) for one in movie_ids)
        movies = np.array([-1 if place in begun else place for place in places], np.int64)
        reached = self._appeal.chances(user, movies).cumsum()
        draw = self._rng.random()
        if not len(movies) or draw >= reached[-1]:
            return False
        movie = int(movies[np.searchsorted(reached, draw, side="right")])
        begun.add(movie)
        self._begin(now_us + int(self._rng.integers(*CHOOSING_US)), user, movie)
        return True

    def due(self, now_us: int) -> list[bytes]:
        """Return the lines that the platform writes up to a moment, and has not returned before."""
        step, watches, ratings = self._platform.params.minute_step, [], []
        while self._watching and self._watching[0][0] <= now_us:
            time_us, user, movie, minute, end = heappop(self._watching)
            watches.append((time_us, user, movie, minute))
            if minute + step < end:
                heappush(self._watching, (time_us + step * MINUTE_US, user, movie, minute + step, end))
        while self._rating and self._rating[0][0] <= now_us:
            ratings.append(heappop(self._rating))
        return [*self._watch_lines(watches), *self._rating_lines(ratings)]

    def _look_at(self, now_us: int) -> Appeal:
        """See what appeals now: tastes turn and titles come out, until the platform's days are over."""
        end_us = self._platform.params.days * DAY_US
        at_us = min(max(now_us - self._platform.start_us, 0), end_us)
        return Appeal(self._platform, self._params, at_us)

    def _begin(self, start_us: int, user: int, movie: int) -> None:
        """Plan a viewing, and the rating that may follow it."""
        platform, rng = self._platform, self._rng
        digits, step = platform.params.watch_fraction_digits, platform.params.minute_step
        users, movies, liking = np.array([user]), np.array([movie]), self._appeal.liking(user, movie)
        first, minutes = (int(one[0]) for one in watch_minutes(rng, platform, movies, liking))
        first -= first % step  # whichever minute is entered, its beginning is told
        start_us = int(truncate(np.array([start_us]), digits)[0])
        heappush(self._watching, (start_us, user, movie, first, first + minutes))
        end_us = start_us + minutes * MINUTE_US
        self._free_us[user] = end_us + round(self._params.rest_h * HOUR_US)
        if rates(rng, platform, users)[0]:
            rating = int(opinions(rng, platform, users, movies, liking, self._scale)[0])
            time_us = truncate(np.array([end_us + int(rng.exponential(RATING_DELAY_US))]), digits)
            heappush(self._rating, (int(time_us[0]), user, movie, rating))

    def _watch_lines(self, rows: list[tuple[int, int, int, int]]) -> list[bytes]:
        time_us, user, movie, minute = _columns(rows)
        texts = time_texts(time_us, self._platform.params.watch_fraction_digits)
        return watch_lines(texts, user + 1, [self._ids[one] for one in movie.tolist()], minute)

    def _rating_lines(self, rows: list[tuple[int, int, int, int]]) -> list[bytes]:
        time_us, user, movie, rating = _columns(rows)
        texts = time_texts(time_us, self._platform.params.watch_fraction_digits)
        return rating_lines(texts, Ratings(user, movie, time_us, rating), self._ids)


def _columns(rows: list[tuple[int, int, int, int]]) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    time_us, user, movie, value = np.array(rows, np.int64).reshape(-1, 4).T
    return time_us, user, movie, value
