"""Stretches of simulated life -> the lines that the platform writes meanwhile."""

from dataclasses import dataclass, fields

import numpy as np

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.simulate.arrays import MINUTE_US
from auto_deployment.simulate.columns import Ratings, Viewings, join, skip, take, truncate
from auto_deployment.simulate.lines import account_lines, rating_lines, request_lines, time_texts, watch_lines
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.platform.viewings import Stretch


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines, and when each was written: microseconds since 1970."""

    times_us: Int64Array
    lines: list[bytes]


class Writer:
    """Writes stretch after stretch; viewings go on, and their ratings come, in later stretches."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._ids = [movie_id.encode() for movie_id in platform.movies.ids]
        nothing = np.empty(0, np.int64)
        self._open = Viewings(*[nothing] * len(fields(Viewings)))
        self._due = Ratings(*[nothing] * len(fields(Ratings)))

    def write(self, stretch: Stretch) -> Lines:
        """Return the lines of this stretch in order of time."""
        parts = [
            self._watches(stretch.viewings, stretch.end_us),
            self._ratings(stretch.ratings, stretch.end_us),
            self._requests(stretch),
            self._accounts(stretch.joined),
        ]
        times_us = np.concatenate([part.times_us for part in parts])
        lines = [line for part in parts for line in part.lines]
        order = np.argsort(times_us, kind="stable")
        return Lines(times_us[order], [lines[place] for place in order.tolist()])

    def _watches(self, begun: Viewings, end_us: int) -> Lines:
        self._open = join(self._open, begun)
        viewings, step = self._open, self._platform.params.minute_step
        left = np.clip(-((end_us - viewings.start_us) // -MINUTE_US), 0, viewings.minutes)
        self._open = skip(viewings, left)
        row = np.repeat(np.arange(len(left)), left)
        minute = np.arange(len(row)) - np.repeat(left.cumsum() - left, left)
        shown = (viewings.first_minute[row] + minute) % step == 0
        row, minute = row[shown], minute[shown]
        times_us = self._platform.start_us + viewings.start_us[row] + minute * MINUTE_US
        movies = [self._ids[movie] for movie in viewings.movie[row].tolist()]
        texts = time_texts(times_us, self._platform.params.watch_fraction_digits)
        return Lines(
            times_us, watch_lines(texts, viewings.user[row] + 1, movies, viewings.first_minute[row] + minute)
        )

    def _ratings(self, given: Ratings, end_us: int) -> Lines:
        due = join(self._due, given)
        now = due.time_us < end_us
        self._due = take(due, ~now)
        ratings = take(due, now)
        times_us = self._platform.start_us + ratings.time_us
        texts = time_texts(times_us, self._platform.params.watch_fraction_digits)
        return Lines(times_us, rating_lines(texts, ratings, self._ids))

    def _requests(self, stretch: Stretch) -> Lines:
        params = self._platform.params
        times_us = self._platform.start_us + stretch.requests.time_us
        texts = time_texts(times_us, params.request_fraction_digits)
        return Lines(times_us, request_lines(texts, stretch.requests, self._ids, params.server))

    def _accounts(self, joined: Int64Array) -> Lines:
        digits = self._platform.params.watch_fraction_digits
        times_us = self._platform.start_us + truncate(self._platform.users.joined_us[joined], digits)
        return Lines(times_us, account_lines(time_texts(times_us, digits), joined))
