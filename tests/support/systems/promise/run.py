"""The long form: the promise's chapters one after the other, and then calm until enough have asked."""

import time
from collections.abc import Callable
from functools import partial

from tests.support.systems.candidates import Candidate
from tests.support.systems.promise.report import Result
from tests.support.systems.promise.steady import Steady
from tests.support.systems.promise.story import (
    BAD,
    earn_production,
    fail,
    kill_controller,
    kill_instances,
    lasted_s,
    roll_back,
)
from tests.support.systems.releasing import Releases

CALM_S = 5.0  # before the first chapter and after the last
Chapters = dict[str, Callable[[], str]]


def keep_promise(releases: Releases, rate: float, requests: int, tell: Callable[[str], None]) -> Result:
    """Play the story at `rate` requests a second, and go on until there were `requests` in all.

    Raises `AssertionError` when a release ends otherwise than it should, `StackError` when Docker refuses.
    """
    chapters = _chapters(releases)
    steady = Steady(releases.onlooker, releases.stack.port, rate)
    steady.go()
    time.sleep(CALM_S)  # the first chapter begins under load
    try:
        for title, act in chapters.items():
            with steady.chapter(title) as chapter:
                chapter.said = act()
            tell(f"{chapter.seconds:6.0f} s  {title}: {chapter.said}")
        with steady.chapter("afterwards"):
            time.sleep(CALM_S)
            while steady.sent < requests:
                time.sleep(0.2)
    finally:
        steady.rest()
    return Result(tuple(steady.chapters))


def _chapters(releases: Releases) -> Chapters:
    """Make all candidates, before anybody asks, and return what is done with them."""
    first, second = releases.workshop.make(), releases.workshop.make()
    bad = {title: releases.workshop.make(fault) for fault, title in BAD.items()}
    return {
        "a good candidate": partial(_good, releases, first),
        **{title: partial(_bad, releases, candidate) for title, candidate in bad.items()},
        "a good one, the controller killed twice": partial(_killed_twice, releases, second),
        "kill -9 of each instance": partial(_kill_all, releases),
        "rollback": partial(_put_back, releases, first.revision),
    }


def _good(releases: Releases, candidate: Candidate) -> str:
    earn_production(releases, candidate)
    return f"promoted after {lasted_s(releases.newest()):.0f} s"


def _bad(releases: Releases, candidate: Candidate) -> str:
    reason = fail(releases, candidate)
    return f"aborted {lasted_s(releases.newest(), 'warming'):.0f} s after its first request. {reason}"


def _killed_twice(releases: Releases, candidate: Candidate) -> str:
    releases.deploy(candidate)
    for phase in ("baking", "promoting"):
        kill_controller(releases, candidate.revision, phase)
    releases.end(candidate.revision, "promoted")
    return f"promoted after {lasted_s(releases.newest()):.0f} s"


def _kill_all(releases: Releases) -> str:
    kill_instances(releases)
    return "back and healthy"


def _put_back(releases: Releases, revision: str) -> str:
    roll_back(releases, revision)
    return f"{revision} serves everybody after {lasted_s(releases.newest()):.0f} s"
