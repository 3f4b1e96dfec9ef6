"""Releases of every kind, with real containers, NGINX and Prometheus: each ends as it should, unnoticed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from auto_deployment.release.containers.instances import STARTING_SHARES
from tests.support.http import get
from tests.support.systems.candidates import Candidate
from tests.support.systems.containers import StackError, freeze
from tests.support.systems.promise.steady import Unnoticed
from tests.support.systems.promise.story import (
    BAD,
    earn_production,
    fail,
    kill_controller,
    kill_instances,
    roll_back,
)
from tests.support.systems.releasing import INSTANCES, STEP_S, Releases
from tests.support.systems.stack import TestStack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

SHARES = "{{.HostConfig.CpuShares}}"
FILLER = "/data/releases/filler"
KNOWN = 2000  # users whom the demo model knows


def test_a_good_candidate_is_promoted(releases: Releases, unnoticed: Unnoticed) -> None:
    good, before = releases.workshop.make(), releases.mails("Promoted")
    with unnoticed("a good candidate"):
        reason = earn_production(releases, good)
    # In Compose's own eyes they are as its file says, so that it recreates none of them.
    assert {releases.stack.stack.inspect(name, SHARES) for name in INSTANCES} == {"8192"}
    assert "The window of 10 s is over" in reason
    assert set(releases.runs().values()) == {good.revision}
    began = [releases.stack.stack.started_at(name)[:26] for name in ("canary", "stable-1", "stable-2")]
    assert began == sorted(began)
    assert get(releases.stack.port, "/recommend/1").headers["x-release"].endswith(good.revision)
    eventually(lambda: releases.mails("Promoted") == before + 1)


def test_every_instance_is_killed(releases: Releases, unnoticed: Unnoticed) -> None:
    if not releases.runs()["canary"]:
        releases.serve_another()
    with unnoticed("kill -9 of each instance"):
        kill_instances(releases)


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_candidate_is_gone(releases: Releases, unnoticed: Unnoticed, fault: str) -> None:
    bad, before = releases.workshop.make(fault), releases.mails("Aborted")
    with unnoticed(BAD[fault]):
        reason = fail(releases, bad)
    # Once in a while NGINX has passed it over so often that another comparison with stable is first.
    assert "bad" in reason or "shown to exceed" in reason
    eventually(lambda: releases.mails("Aborted") == before + 1)


def test_one_that_has_only_the_popularity_list_is_gone(releases: Releases, unnoticed: Unnoticed) -> None:
    popular = releases.workshop.make("popular")
    with unnoticed("one with the popularity list only", users=KNOWN):
        assert "popularity list" in fail(releases, popular)


def test_one_that_does_not_get_healthy_is_gone(releases: Releases, unnoticed: Unnoticed) -> None:
    unready = releases.workshop.make("unready")
    with unnoticed("one that never gets healthy"):
        releases.deploy(unready)
        eventually(lambda: releases.runs()["canary"] == unready.revision, step_s=STEP_S)
        assert int(releases.stack.stack.inspect("canary", SHARES)) == STARTING_SHARES
        assert "did not become healthy within 20 s" in releases.end(unready.revision, "aborted")


def test_one_that_hangs_is_gone_though_it_comes_back(releases: Releases, unnoticed: Unnoticed) -> None:
    hangs = releases.workshop.make()
    with unnoticed("one that hangs"):
        releases.bake(hangs)
        freeze(releases.stack.stack.container("canary"))
        assert "bad" in releases.end(hangs.revision, "aborted")


def test_one_that_ends_again_and_again_is_gone(releases: Releases, unnoticed: Unnoticed) -> None:
    ends = releases.workshop.make("ends:6")
    # Known users: where all get the popularity list, one that comes and goes is said to give more of them.
    with unnoticed("one that ends every 6 s", users=KNOWN):
        reason = fail(releases, ends)
    assert "bad" in reason or "ended" in reason


def test_one_that_dies_as_stable_is_taken_back(releases: Releases, unnoticed: Unnoticed) -> None:
    dies = releases.workshop.make("no-stable")
    with unnoticed("one that never gets healthy as stable"):
        releases.deploy(dies)
        releases.wait_until_entered(dies.revision, "warming")
        releases.marquee("promote", "--by", "ann")
        assert "stable-1 did not become healthy" in releases.end(dies.revision, "aborted")


def test_killed_in_every_phase_the_controller_goes_on(releases: Releases, unnoticed: Unnoticed) -> None:
    """And a person who cannot wait for the judge has the last word."""
    good = releases.workshop.make()
    with unnoticed("a good one, the controller killed thrice"):
        releases.deploy(good)
        releases.extend(good.revision)
        kill_controller(releases, good.revision, "starting")
        kill_controller(releases, good.revision, "baking")
        assert releases.phase() == "baking"
        releases.marquee("promote", "--by", "ann", "--reason", "urgent")
        kill_controller(releases, good.revision, "promoting")
        assert releases.end(good.revision, "promoted") == "Promoted by ann: urgent."


def test_an_older_release_is_put_back(releases: Releases, unnoticed: Unnoticed) -> None:
    if not releases.served_before():
        releases.serve_another()
    older, newer = releases.served_before(), releases.onlooker.serving()
    with unnoticed("rollback"):
        assert "the lists look odd" in roll_back(releases, older)
    assert set(releases.runs().values()) == {older}
    with pytest.raises(StackError, match="was rejected"):
        releases.deploy(Candidate(newer, f"{releases.workshop.image}:{newer}"))


def test_without_prometheus_nothing_is_promoted(releases: Releases, unnoticed: Unnoticed) -> None:
    good, before, stack = (
        releases.workshop.make(),
        releases.mails("Metrics unavailable"),
        releases.stack.stack,
    )
    with unnoticed("no Prometheus"):
        releases.bake(good)
        stack.compose("stop", "prometheus")
        try:
            assert "Metrics have been unavailable" in releases.end(good.revision, "aborted")
        finally:
            stack.compose("start", "prometheus")
            stack.wait_until_well("prometheus")
    eventually(lambda: releases.mails("Metrics unavailable") == before + 1)


def test_of_two_newer_ones_at_once_one_goes_on(releases: Releases, unnoticed: Unnoticed) -> None:
    old, *two = (releases.workshop.make() for _ in range(3))
    with unnoticed("two at once while one bakes"):
        releases.bake(old)
        both = [threading.Thread(target=releases.deploy, args=(one,)) for one in two]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        eventually(lambda: {one.revision for one in two} <= releases.ends().keys(), step_s=STEP_S)
        (loser,) = {one.revision for one in two} - {releases.newest()["candidate"]["code_revision"]}
        (winner,) = {one.revision for one in two} - {loser}
        assert releases.ends()[old.revision] == releases.ends()[loser] == "superseded"
        releases.wait_until_entered(winner, "warming")
        releases.marquee("abort", "--by", "ann", "--reason", "enough")
        assert releases.end(winner, "aborted") == "Aborted by ann: enough."


@contextmanager
def full_disk(stack: TestStack) -> Iterator[None]:
    """Leave no room for records, but in the inbox, which has a place of its own."""
    try:
        eventually(lambda: is_full(stack), step_s=2)
        yield
    finally:
        stack.inside("controller", "rm", "-f", FILLER)


def is_full(stack: TestStack) -> bool:
    """Fill the disk; tell whether it had stayed full since the last call, and the controller says so.

    A record that is being replaced while the disk is filled gives back the room of the one before it.
    """
    size = f"$(stat -c %s {FILLER})"
    fill = f"dd if=/dev/zero bs=4k count=10000 >>{FILLER} 2>/dev/null"
    script = f"touch {FILLER}; before={size}; {fill}; echo $(({size} - before))"
    grown = stack.inside("controller", "sh", "-c", script)
    return int(grown) == 0 and "make room on the disk" in stack.log("controller", 20)


def test_with_a_full_disk_a_release_stands_still_but_for_an_abort(
    releases: Releases, unnoticed: Unnoticed
) -> None:
    good, before, stack = releases.workshop.make(), releases.onlooker.serving(), releases.stack
    with unnoticed("a full disk"):
        releases.bake(good)
        with full_disk(stack):
            ticks = releases.ticks()
            assert (releases.phase(), releases.runs()["stable-1"]) == ("baking", before)
        eventually(lambda: releases.ticks() > ticks)
        with full_disk(stack):
            releases.marquee("abort", "--by", "ann", "--reason", "no time")
            eventually(lambda: not releases.runs()["canary"], step_s=STEP_S)
            assert releases.phase() == "baking"
        assert releases.end(good.revision, "aborted") == "Aborted by ann: no time."
