"""`python -m benchmarks.watching`: figures of docs/evidence.md about who watches something from their lists.

The share of the demo's simulated users who begin a title of 20 which a list could have shown them; and how
often a harmless candidate, or one that some users watch less, is held because of a group.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int64Array
from auto_deployment.params import load_params
from auto_deployment.release.judge.evidence import watched_harm
from auto_deployment.release.judge.groups import TOLERATED_RATIO
from auto_deployment.release.judge.sequential import Counts, canary_share, log_evidence_of_harm
from auto_deployment.release.judge.watched import WatchedColumns
from auto_deployment.simulate.arrays import DAY_US
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.platform.viewings import Life
from benchmarks.report import say
from tests.support.project import PROJECT

PARAMS = load_params(PROJECT / "params.yaml")
PAST_D, AHEAD_D, HOURS, TITLES = 90, 10, 12, 20
RUNS, FEWER_RUNS, TICKS, USERS, CANARY = 10_000, 2_000, 72, 21_600, 0.2
SHARE = 0.05  # of users who watch something in a window, and of those who have a bad answer
# Two genders, then six age bands, as among users of MovieLens.
GROUPS = (0.72, 0.28, 0.04, 0.18, 0.35, 0.20, 0.14, 0.09)


def main() -> None:
    """Print all figures."""
    for name, share in shares():
        say(f"{100 * share:.1f} % of users begin {name} within {HOURS} h")
    say(f"{100 * held(None, 0, RUNS):.2f} % of equal candidates are held")
    for group in (1, 4):
        share = held(group, 0.4, FEWER_RUNS)
        say(f"{100 * share:.0f} % are held whose lists {100 * GROUPS[group]:.0f} % of users watch 40 % less")


def shares() -> Iterator[tuple[str, float]]:
    """Yield the share of users who begin a title of each kind of list, by what they do without lists."""
    params = replace(PARAMS.simulate, days=PAST_D + AHEAD_D)
    platform = Platform.build(params)
    viewings = [stretch.viewings for stretch in Life(platform, (1, 5)).stretches()]
    user, movie, start_us = (
        np.concatenate([getattr(one, name) for one in viewings]) for name in ("user", "movie", "start_us")
    )
    past = start_us < PAST_D * DAY_US
    seen = np.zeros((params.users, len(platform.movies.ids)), bool)
    seen[user[past], movie[past]] = True
    everybody = np.arange(params.users)
    liking = platform.tastes.users_at(everybody, PAST_D * DAY_US) @ platform.tastes.movies.T
    known = platform.movies.log_popularity_at(PAST_D * DAY_US, params.catalogue)
    begun = np.tile(np.bincount(movie[past], minlength=len(platform.movies.ids)), (params.users, 1))
    span = (start_us // (HOURS * DAY_US // 24)) - 24 * PAST_D // HOURS
    kinds = {"anything": np.ones_like(liking, bool)}
    kinds["one of the most popular titles"] = _best(np.where(seen, -1.0, begun))
    wish = known + params.taste.choice_weight * liking
    kinds["one of those that their true taste says"] = _best(np.where(seen, -np.inf, wish))
    for name, listed in kinds.items():
        hit = ~past & listed[user, movie]
        found = len(np.unique(span[hit] * params.users + user[hit]))
        yield name, found / params.users / (AHEAD_D * 24 / HOURS)


def _best(score: Float64Array) -> BoolArray:
    listed: BoolArray = np.zeros(score.shape, bool)
    np.put_along_axis(listed, np.argpartition(-score, TITLES, axis=1)[:, :TITLES], True, axis=1)
    return listed


def held(group: int | None, less: float, runs: int) -> float:
    """Return the share of candidates that wait for a person; one group may watch the canary's lists less."""
    random, judge = np.random.default_rng(1), PARAMS.release.judge
    enough, found = np.log(2 * len(GROUPS) / judge.watched.hold_alpha), np.zeros(runs, bool)
    for place, share in enumerate(GROUPS):
        users = round(USERS * share)
        on_canary = random.binomial(users, CANARY, runs)
        canary = _meet(on_canary, 1 - less * (place == group), random)
        stable = _meet(users - on_canary, 1.0, random)
        found |= watched_harm(canary, stable, TOLERATED_RATIO, judge).max(axis=-1) >= enough
        canary, stable = (_meet(one, 1.0, random) for one in (on_canary, users - on_canary))
        seen = canary_share(canary.shown, stable.shown)
        bad = log_evidence_of_harm(
            canary.watched, stable.watched, seen, judge.tolerated_ratio, judge.harm_ratios
        )
        found |= bad.max(axis=-1) >= enough
    return float(found.mean())


def _meet(users: Int64Array, part: float, random: np.random.Generator) -> WatchedColumns:
    """Let users come at any tick, and it befall them at any later one; half a window is left on average."""
    chance = -np.log1p(-SHARE) / TICKS * 2 * part
    shown: Counts = np.stack([random.multinomial(one, np.full(TICKS, 1 / TICKS)) for one in users])
    watched, waiting = np.zeros_like(shown), np.zeros(len(users), np.int64)
    for tick in range(TICKS):
        waiting += shown[:, tick]
        watched[:, tick] = random.binomial(waiting, chance)
        waiting -= watched[:, tick]
    return WatchedColumns(shown, watched)


if __name__ == "__main__":
    main()
