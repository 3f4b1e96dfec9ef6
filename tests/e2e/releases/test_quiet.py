"""What befalls releases while nobody asks, or nobody can: reboots, silence, a mail server that is away."""

import pytest

from tests.support.systems.containers import StackError, docker
from tests.support.systems.releasing import PARTS, Releases
from tests.support.systems.stack import get_json
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.usefixtures("nobody_asks")]


def reboot(releases: Releases) -> None:
    """Everything ends at once, and Docker starts it again as it does at boot."""
    stack = releases.stack.stack
    docker("kill", *(stack.container(name) for name in releases.are_there()))
    stack.compose("up", "-d", "--no-build", "--no-recreate", *PARTS)
    for name in ("nginx", "stable-1", "controller"):
        stack.wait_until_well(name)


def test_a_rejected_candidate_comes_back_neither_by_a_deploy_nor_by_a_reboot(releases: Releases) -> None:
    bad, before = releases.workshop.make(), releases.onlooker.serving()
    releases.deploy(bad)
    releases.wait_until_entered(bad.revision, "warming")
    releases.marquee("abort", "--by", "ann", "--reason", "it looks odd")
    assert releases.end(bad.revision, "aborted") == "Aborted by ann: it looks odd."
    with pytest.raises(StackError, match="was rejected"):
        releases.deploy(bad)
    reboot(releases)
    assert set(releases.runs().values()) <= {before, ""}
    releases.wait_for_rest()
    assert (releases.phase(), releases.onlooker.serving()) == ("aborted", before)


def test_a_release_goes_on_after_a_reboot_in_each_phase(releases: Releases) -> None:
    good = releases.workshop.make()
    releases.bake(good)
    reboot(releases)
    ticks = releases.ticks()
    eventually(lambda: releases.ticks() > ticks)
    assert releases.phase() == "baking"
    releases.marquee("promote", "--by", "ann", "--reason", "urgent")
    releases.wait_until_entered(good.revision, "promoting")
    reboot(releases)
    assert releases.end(good.revision, "promoted") == "Promoted by ann: urgent."


def test_without_traffic_nothing_is_shown(releases: Releases) -> None:
    quiet = releases.workshop.make()
    releases.deploy(quiet)
    assert "inconclusive" in releases.end(quiet.revision, "inconclusive").lower()
    assert quiet.revision not in releases.onlooker.rejected()


def test_mails_have_waited_for_the_mail_server(releases: Releases) -> None:
    """It was away all the time; no release has noticed, and now each mail arrives once."""
    waiting = releases.onlooker.mails("waiting")
    if not waiting:  # this test alone
        releases.deploy(releases.workshop.make())
        waiting = eventually(lambda: releases.onlooker.mails("waiting"))
    releases.stack.stack.compose("up", "-d", "--wait", "--no-deps", "maildev")
    docker("restart", releases.stack.stack.container("controller"))  # it asks at once, not when it is due
    eventually(lambda: not releases.onlooker.mails("waiting"), 180)
    arrived = [mail["subject"] for mail in get_json(releases.stack.ports["MAILDEV_PORT"], "/email")]
    assert len(arrived) >= len(waiting)
    assert len(set(arrived)) > 1 or len(waiting) <= 1
