"""Which line of the stream and which line of the edge log are about one request. Pure."""

from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Int64Array

NONE = -1
SAMPLE = 20_000  # lines of the stream from which the clocks' difference is estimated
PARTNERS_MAX = 20  # a line with more possible ones says nothing: a program asks without a pause
PAIRS_MIN = 5
AGREEING_MIN = 0.5  # share of the lines with any possible partner that must agree on a difference


@dataclass(frozen=True, slots=True)
class Lines:
    """Requests: whose, and when, in microseconds since 1970."""

    user: Int64Array
    time_us: Int64Array

    def __len__(self) -> int:
        return len(self.user)

    def where(self, chosen: BoolArray) -> "Lines":
        return Lines(self.user[chosen], self.time_us[chosen])

    def moved(self, by_us: int) -> "Lines":
        return Lines(self.user, self.time_us + by_us)


def clock_difference_us(stream: Lines, edge: Lines, most_us: int, window_us: int) -> int | None:
    """Return how far the edge log's clock is ahead of the stream's, None where too few lines agree on it.

    It is the median of the differences within the window that holds most of them, over all pairs of lines of
    one user that are at most `most_us` apart.
    """
    stream_at, edge_at = _on_one_line(stream, edge, most_us)
    chosen = np.sort(stream_at)[:: max(len(stream_at) // SAMPLE, 1)]
    known = np.sort(edge_at)
    first = np.searchsorted(known, chosen - most_us, "left")
    counts = np.searchsorted(known, chosen + most_us, "right") - first
    few = counts <= PARTNERS_MAX
    chosen, first, counts = chosen[few], first[few], counts[few]
    total = int(counts.sum())
    if total < PAIRS_MIN:
        return None
    begins = np.repeat(np.cumsum(counts) - counts, counts)
    partner = np.repeat(first, counts) + np.arange(total) - begins
    differences = np.sort(known[partner] - np.repeat(chosen, counts))
    ends = np.searchsorted(differences, differences + window_us, "right")
    best = int(np.argmax(ends - np.arange(total)))
    agreeing = differences[best : ends[best]]
    if len(agreeing) < max(PAIRS_MIN, AGREEING_MIN * np.count_nonzero(counts)):
        return None
    return int(np.median(agreeing))


def match(stream: Lines, edge: Lines, window_us: int) -> Int64Array:
    """Return the row of the edge log for each line of the stream, or `NONE`; each row is used once.

    The lines of one user that are each other's nearest within the window belong together; then those of what
    is left, until none is.
    """
    partner = np.full(len(stream), NONE, np.int64)
    stream_at, edge_at = _on_one_line(stream, edge, window_us)
    left, free = np.argsort(stream_at, kind="stable"), np.argsort(edge_at, kind="stable")
    while len(left) and len(free):
        nearest, distance = _nearest(stream_at[left], edge_at[free])
        back, _ = _nearest(edge_at[free], stream_at[left])
        mutual = (distance <= window_us) & (back[nearest] == np.arange(len(left)))
        if not mutual.any():
            break
        partner[left[mutual]] = free[nearest[mutual]]
        left, free = left[~mutual], np.delete(free, nearest[mutual])
    return partner


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why lines found no partner: there was none of this user, or all were too far, or taken by others."""

    none: int
    too_far: int
    taken: int


def reasons(lines: Lines, others: Lines, unmatched: BoolArray, most_us: int, window_us: int) -> Reasons:
    """Count the unmatched lines by what the nearest of the others is."""
    at, other_at = _on_one_line(lines, others, most_us)
    _, distance = _nearest(at[unmatched], np.sort(other_at))
    taken, none = int((distance <= window_us).sum()), int((distance > most_us).sum())
    return Reasons(none, len(distance) - taken - none, taken)


def _on_one_line(stream: Lines, edge: Lines, apart_us: int) -> tuple[Int64Array, Int64Array]:
    """Put the times of all users on one line, so far apart that those of two users never meet."""
    users, code = np.unique(np.concatenate([stream.user, edge.user]), return_inverse=True)
    time_us = np.concatenate([stream.time_us, edge.time_us])
    if not len(users):
        return time_us, time_us
    time_us = time_us - time_us.min()
    at = code.astype(np.int64) * (int(time_us.max()) + 2 * apart_us + 1) + time_us
    return at[: len(stream)], at[len(stream) :]


def _nearest(at: Int64Array, others: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the place of the nearest of the others, which are sorted, and how far it is."""
    if not len(others):
        return np.zeros(len(at), np.int64), np.full(len(at), np.iinfo(np.int64).max)
    after = np.searchsorted(others, at, "right")
    before = np.maximum(after - 1, 0)
    after = np.minimum(after, len(others) - 1)
    to_before, to_after = np.abs(at - others[before]), np.abs(others[after] - at)
    return np.where(to_after < to_before, after, before), np.minimum(to_before, to_after)
