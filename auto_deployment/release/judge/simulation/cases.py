"""Situations in which the judge is put: what both tracks have in common, and what the canary does worse."""

from dataclasses import dataclass, replace

import numpy as np

from auto_deployment.release.judge.sequential import Counts, Floats
from auto_deployment.release.judge.simulation.telling import USUAL, Telling, told
from auto_deployment.release.judge.simulation.users import Behaviour, Met, come_in, meet

CANARY_SHARE = 0.2
# Of all users: those of the stable that goes away whom the canary gets meanwhile (weights 40 : 20 are left).
MOVING_SHARE = 0.4 / 3


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table. Shares and rates are those of stable where nothing else is said."""

    name: str
    to_blame: bool = False  # the candidate ought to be aborted
    requests_per_s: float = 5.0  # on both tracks together
    requests_per_user: float = 10.0  # in the window
    bad_share: float = 0.005  # of requests, at random
    canary_ratio: float = 1.0  # times as bad as stable
    failing_share: float = 0.0  # of users, whose every request is bad on either track
    failing_requests: float | None = None  # of each of these in the window; None: as many as others
    fallback_share: float = 0.1  # of users, who get popularity lists
    fallback_ratio: float = 1.0  # times as many on the canary
    slow_share: float = 0.002  # of users, who wait
    slow_on_canary: float = 0.0  # of the canary's users, who wait because of it
    thrown_away: bool = False  # what these wait for: each of their requests is bad as well
    watch_share: float = 0.05  # of users, who watch something from their lists within the window
    watched_less: float = 0.0  # from the canary's lists; 0.2 is a fifth fewer
    telling: Telling = USUAL
    swing: float = 0.0  # of load and bad share, down and up over the window; 0.5 is threefold
    night_load: float = 1.0  # times the usual load, from the fourth to the twelfth hour of each day
    bursts: int = 0  # times in the window at which both tracks fail
    burst_min: int = 2
    burst_share: float = 0.05  # of requests, that fail in a burst
    outage_min: int = 0  # from the third hour on both tracks fail for so long
    outage_share: float = 0.05
    away_min: int = 0  # from the middle of the window on one stable is away for so long
    cold_min: int = 0  # minutes in which a canary that has just started is `cold_ratio` times as bad
    cold_ratio: float = 10.0
    warmed: bool = True  # the minutes of warming come before the window


@dataclass(frozen=True, slots=True)
class Clock:
    """Minutes of warming, which are no evidence, of the window, and of the longest release."""

    warming: int
    window: int
    longest: int = 0

    @property
    def minutes(self) -> int:
        return max(self.window, self.longest)


def play(scenario: Scenario, clock: Clock, runs: int, random: np.random.Generator) -> tuple[Met, Met]:
    """Let so many releases happen; return what canary and stable users met, warming first if there is one."""
    if not (scenario.warmed and clock.warming):
        return _play(scenario, clock.minutes, clock.window, runs, random)
    before = _play(scenario, clock.warming, clock.window, runs, random)
    # Whoever comes in the window is counted as if he had never been there.
    after = _play(replace(scenario, cold_min=0), clock.minutes, clock.window, runs, random)
    canary, stable = (_one_after_the_other(*both) for both in zip(before, after, strict=True))
    return canary, stable


def _play(
    scenario: Scenario, ticks: int, window: int, runs: int, random: np.random.Generator
) -> tuple[Met, Met]:
    users = round(scenario.requests_per_s * 60 * window / scenario.requests_per_user)
    group = _Group(scenario, ticks, window, _bad(scenario, ticks, window, runs, random), random)
    failing = round(users * scenario.failing_share)
    ordinary = users - failing
    on_canary, broken = (random.binomial(one, CANARY_SHARE, runs) for one in (ordinary, failing))
    waiting = random.binomial(on_canary, scenario.slow_on_canary)
    moving = random.binomial(
        ordinary - on_canary, MOVING_SHARE / (1 - CANARY_SHARE) * bool(scenario.away_min)
    )
    canary, stable = group.meet(on_canary - waiting, True), group.meet(ordinary - on_canary - moving, False)
    if scenario.slow_on_canary:
        canary += group.meet(waiting, True, waits=True)
    if failing:
        canary += group.meet_broken(broken)
        stable += group.meet_broken(failing - broken)
    if scenario.away_min:
        on_canary_first, on_stable_first = group.meet_moving(moving)
        canary += on_canary_first
        stable += on_stable_first
    return told(canary, scenario.telling), told(stable, scenario.telling)


@dataclass(frozen=True, slots=True)
class _Group:
    """Groups of users in one situation, which differ in their track and in what befalls them."""

    scenario: Scenario
    ticks: int
    window: int
    bad: Floats  # on stable, by tick
    random: np.random.Generator

    def meet(self, users: Counts, canary: bool, waits: bool = False, inside: Floats | None = None) -> Met:
        """Let users of a track come; `inside` says in which ticks they are on it, if not in all."""
        scenario, ones = self.scenario, np.ones((1, self.ticks))
        requests, comes = self.requests(scenario.requests_per_user), None
        if inside is not None:
            _, comes = come_in(requests, inside)
            requests = requests * inside
        minutes = np.arange(self.ticks)
        worse = np.where(minutes < scenario.cold_min, scenario.cold_ratio, scenario.canary_ratio)
        bad = np.minimum(self.bad * worse, 1) if canary else self.bad
        return meet(
            users,
            Behaviour(
                requests=requests,
                bad=ones if waits and scenario.thrown_away else bad,
                fallback=ones * scenario.fallback_share * (scenario.fallback_ratio if canary else 1),
                slow=ones * (1 if waits else scenario.slow_share),
                watches=ones * self.watches(canary),
                comes=comes,
            ),
            self.random,
        )

    def meet_broken(self, users: Counts) -> Met:
        """Let users come whose every request is bad, wherever."""
        often = self.scenario.failing_requests or self.scenario.requests_per_user
        ones, none = np.ones((1, self.ticks)), np.zeros((1, self.ticks))
        return meet(users, Behaviour(self.requests(often), ones, none, none, none), self.random)

    def meet_moving(self, users: Counts) -> tuple[Met, Met]:
        """Let users come who are on the canary while one stable is away; each counts where he came first."""
        minutes, begin = np.arange(self.ticks)[np.newaxis], self.window // 2
        away = ((minutes >= begin) & (minutes < begin + self.scenario.away_min)).astype(float)
        requests = self.requests(self.scenario.requests_per_user)
        share, other = come_in(requests, away)[0], come_in(requests, 1 - away)[0]
        first_on_canary = self.random.binomial(users, share)
        first_on_stable = self.random.binomial(users - first_on_canary, min(other / (1 - share), 1.0))
        return (
            self.meet(first_on_canary, True, inside=away),
            self.meet(first_on_stable, False, inside=1 - away),
        )

    def watches(self, canary: bool) -> float:
        """Return the chance that a request ends in watching: then the share of users comes out."""
        scenario = self.scenario
        by_request = -np.log1p(-scenario.watch_share) / max(scenario.requests_per_user, 1)
        return float(by_request * (1 - scenario.watched_less if canary else 1))

    def requests(self, of_each: float) -> Floats:
        """Return the requests that are expected of one user, who makes so many in the window, by tick."""
        minutes = np.arange(self.ticks)[np.newaxis]
        night = (minutes % 1440 >= 240) & (minutes % 1440 < 720)
        load = _swing(self.scenario, self.ticks, self.window) * np.where(night, self.scenario.night_load, 1)
        return load * of_each / self.window


def _swing(scenario: Scenario, ticks: int, window: int) -> Floats:
    swing: Floats = 1 + scenario.swing * np.cos(2 * np.pi * np.arange(ticks) / window)[np.newaxis]
    return swing


def _bad(scenario: Scenario, ticks: int, window: int, runs: int, random: np.random.Generator) -> Floats:
    """Return the share of stable's requests that are bad, by tick."""
    minutes = np.arange(ticks)
    outage = (minutes >= 120) & (minutes < 120 + scenario.outage_min)
    usual = scenario.bad_share * _swing(scenario, ticks, window) + outage * scenario.outage_share
    bad: Floats = np.minimum(usual + _bursts(scenario, ticks, window, runs, random), 1)
    return bad


def _bursts(scenario: Scenario, ticks: int, window: int, runs: int, random: np.random.Generator) -> Floats:
    """Return what bursts add to the bad share, at random minutes of each run."""
    added = np.zeros((runs if scenario.bursts else 1, ticks))
    for start in random.integers(0, window, (scenario.bursts, runs)):
        for minute in range(scenario.burst_min):
            inside = start + minute < ticks
            added[np.flatnonzero(inside), (start + minute)[inside]] = scenario.burst_share
    return added


def _one_after_the_other(before: Met, after: Met) -> Met:
    def joined(name: str) -> Counts:
        return np.concatenate([getattr(before.columns, name), getattr(after.columns, name)], axis=1)

    columns = type(before.columns)(*(joined(name) for name in type(before.columns).__slots__))
    return Met(columns, np.concatenate([before.bad_requests, after.bad_requests], axis=1))
