"""Situations in which the judge is put: what both tracks have in common, and what the canary does worse."""

from dataclasses import dataclass, replace

import numpy as np

from auto_deployment.release.judge.sequential import Counts, Floats
from auto_deployment.release.judge.simulation.users import Behaviour, Met, meet

CANARY_SHARE = 0.2


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
    swing: float = 0.0  # of load and bad share, down and up over the window; 0.5 is threefold
    bursts: int = 0  # times in the window at which both tracks fail
    burst_min: int = 2
    burst_share: float = 0.05  # of requests, that fail in a burst
    cold_min: int = 0  # minutes in which a canary that has just started is `cold_ratio` times as bad
    cold_ratio: float = 10.0
    warmed: bool = True  # the minutes of warming come before the window


@dataclass(frozen=True, slots=True)
class Clock:
    """Minutes of warming, which are no evidence, and of the window."""

    warming: int
    window: int


def play(scenario: Scenario, clock: Clock, runs: int, random: np.random.Generator) -> tuple[Met, Met]:
    """Let so many releases happen; return what canary and stable users met, warming first if there is one."""
    if not (scenario.warmed and clock.warming):
        return _play(scenario, clock.window, clock.window, runs, random)
    before = _play(scenario, clock.warming, clock.window, runs, random)
    # Whoever comes in the window is counted as if he had never been there.
    after = _play(replace(scenario, cold_min=0), clock.window, clock.window, runs, random)
    canary, stable = (_one_after_the_other(*both) for both in zip(before, after, strict=True))
    return canary, stable


def _play(
    scenario: Scenario, ticks: int, window: int, runs: int, random: np.random.Generator
) -> tuple[Met, Met]:
    users = round(scenario.requests_per_s * 60 * window / scenario.requests_per_user)
    failing = round(users * scenario.failing_share)
    swing = 1 + scenario.swing * np.cos(2 * np.pi * np.arange(ticks) / window)[np.newaxis]
    bad = np.minimum(scenario.bad_share * swing + _bursts(scenario, ticks, window, runs, random), 1)
    worse = np.where(np.arange(ticks) < scenario.cold_min, scenario.cold_ratio, scenario.canary_ratio)
    often = swing * scenario.requests_per_user / window
    often_failing = (
        often * (scenario.failing_requests or scenario.requests_per_user) / scenario.requests_per_user
    )
    fallback = np.full((1, ticks), scenario.fallback_share)

    def track(ordinary: Counts, broken: Counts, ratio: Floats, fallback_ratio: float) -> Met:
        usual = Behaviour(often, np.minimum(bad * ratio, 1), fallback * fallback_ratio)
        always = Behaviour(often_failing, np.ones((1, ticks)), np.zeros((1, ticks)))
        return meet(ordinary, usual, random) + meet(broken, always, random)

    on_canary = random.binomial(users - failing, CANARY_SHARE, runs)
    broken_on_canary = random.binomial(failing, CANARY_SHARE, runs)
    canary = track(on_canary, broken_on_canary, worse, scenario.fallback_ratio)
    stable = track(users - failing - on_canary, failing - broken_on_canary, np.ones(ticks), 1.0)
    return canary, stable


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


SCENARIOS = (
    Scenario("equal tracks, 0.05 % of requests bad", bad_share=0.0005),
    Scenario("equal tracks, 0.5 % of requests bad"),
    Scenario("equal tracks, a tenth of the traffic", requests_per_s=0.5),
    Scenario("equal tracks, load and bad requests drifting threefold", swing=0.5),
    Scenario("equal tracks, six bursts of 2 min with 5 % of requests bad", bursts=6),
    Scenario("equal tracks, 0.5 % of users always fail, 10 requests each", bad_share=0, failing_share=0.005),
    Scenario(
        "equal tracks, 0.5 % of users always fail, 20 requests each",
        bad_share=0,
        failing_share=0.005,
        requests_per_user=20,
    ),
    Scenario(
        "equal tracks, 0.5 % of users always fail, 50 requests each",
        bad_share=0,
        failing_share=0.005,
        requests_per_user=50,
    ),
    Scenario(
        "the same, and only these ask 50 times, others 10 times",
        bad_share=0,
        failing_share=0.005,
        failing_requests=50,
    ),
    Scenario("canary exactly 1.25 times as bad", canary_ratio=1.25),
    Scenario("cold start: canary 10 times as bad while it is warmed", cold_min=10),
    Scenario("cold start without warming", cold_min=10, warmed=False),
    Scenario("canary 2 times as bad", True, canary_ratio=2),
    Scenario(
        "canary 3 times as bad at 0.2 %, beside 0.3 % of users who always fail",
        True,
        canary_ratio=3,
        bad_share=0.002,
        failing_share=0.003,
    ),
    Scenario("canary 5 times as bad", True, canary_ratio=5),
    Scenario("canary 5 times as bad, a tenth of the traffic", True, canary_ratio=5, requests_per_s=0.5),
    Scenario("canary 10 times as bad", True, canary_ratio=10),
    Scenario("rare faults: canary 10 times as bad at 0.05 %", True, canary_ratio=10, bad_share=0.0005),
    Scenario("every request to the canary bad", True, canary_ratio=200),
    Scenario("canary gives twice as many users the popularity list (20 %)", True, fallback_ratio=2),
)
