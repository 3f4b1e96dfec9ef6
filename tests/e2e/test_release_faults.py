"""Releases that meet faults, in real containers: each ends in the right phase, with reason and mail.

The disk of the releases is a small one, and the mail server is away until the last test.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.systems.containers import Stack, StackError, docker
from tests.support.systems.releasing import PARTS, Releases, asking, released
from tests.support.systems.stack import get_json
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

DISK = {"type": "tmpfs", "device": "tmpfs", "o": "size=8m,uid=10001,gid=10001,mode=2775"}
MORE = {
    "environ": {"SMTP_HOST": "maildev", "SMTP_PORT": "1025", "REPORT_TO": "team@example.org"},
    "judge": {"window_s": 20, "max_window_s": 40, "min_users": 50, "metrics_unavailable_max_s": 90},
    "volumes": {"releases": {"driver": "local", "driver_opts": DISK}},
}
ENDS = ("promoted", "aborted", "superseded")


@pytest.fixture(scope="module")
def releases(images: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    folder, candidates = tmp_path_factory.mktemp("faults"), tmp_path_factory.mktemp("candidates")
    with released(images, folder, candidates, "faults", MORE) as found, disk_in_use(found):
        yield found


@contextmanager
def disk_in_use(releases: Releases) -> Iterator[None]:
    """A tmpfs is forgotten when nobody uses it, which no disk does at a reboot: somebody uses it always."""
    stack = releases.stack.stack
    volume, image = f"{stack.name}_releases:/held", f"{stack.environ['MARQUEE_IMAGE']}-nginx:latest"
    holder = docker("run", "--detach", "--rm", "--volume", volume, "--entrypoint=sleep", image, "3600")
    try:
        yield
    finally:
        docker("kill", holder)


def reboot(releases: Releases) -> None:
    """Everything ends at once, and Docker starts it again as it does at boot."""
    stack = releases.stack.stack
    running = {name: stack.container(name) for name in PARTS if releases.is_there(name)}
    docker("kill", *running.values())
    stack.compose("up", "-d", "--no-build", "--no-recreate", *PARTS)
    for name in ("nginx", "stable-1", "controller"):
        stack.wait_until_well(name)


def ended(releases: Releases, end: str) -> str:
    """Wait for the end, which must be this one, and return its reason."""
    reason = releases.wait_for(*ENDS)
    assert releases.phase() == end, reason
    return reason


def only_stable_runs(releases: Releases, revision: str) -> bool:
    return releases.runs() == {"stable-1": revision, "stable-2": revision, "canary": ""}


def test_one_that_hangs_and_comes_back_is_aborted(releases: Releases) -> None:
    before = releases.runs()["stable-1"]
    with asking(releases.stack.port):
        releases.deploy("hangs001")
        releases.wait_for("baking")
        canary = releases.stack.stack.container("canary")
        docker("pause", canary)
        reason = ended(releases, "aborted")
        eventually(lambda: only_stable_runs(releases, before))
    assert "bad" in reason
    assert any("Aborted" in subject and "hangs001" not in subject for subject in releases.mails())


def test_one_that_ends_again_and_again_is_aborted(releases: Releases) -> None:
    before = releases.runs()["stable-1"]
    with asking(releases.stack.port):
        releases.deploy("ends0001", "ends:12")
        reason = ended(releases, "aborted")
        eventually(lambda: only_stable_runs(releases, before))
    assert "bad" in reason or "ended" in reason


def test_without_traffic_nothing_is_shown(releases: Releases) -> None:
    before = releases.runs()["stable-1"]
    releases.deploy("quiet001")
    assert "inconclusive" in ended(releases, "aborted").lower()
    eventually(lambda: only_stable_runs(releases, before))


def test_one_that_dies_as_stable_is_taken_back_and_nobody_notices(releases: Releases) -> None:
    before = releases.runs()["stable-1"]
    with asking(releases.stack.port):
        releases.deploy("nostab01", "no-stable")
        releases.wait_for("promoting", "aborted")
        assert "stable-1 did not become healthy" in ended(releases, "aborted")
        eventually(lambda: only_stable_runs(releases, before))


def test_newer_ones_and_reboots(releases: Releases) -> None:
    """Two at once while one bakes, and a reboot while the last bakes and while it promotes."""
    images = [releases.make(revision) for revision in ("two00001", "two00002")]
    with asking(releases.stack.port):
        releases.bake("old00001")
        both = [threading.Thread(target=releases.marquee, args=("deploy", image)) for image in images]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        eventually(lambda: {"two00001", "two00002"} <= releases.ends().keys())
        assert releases.ends()["old00001"] == "superseded"
        winner = releases.newest()["candidate"]["code_revision"]
        loser = {"two00001": "two00002", "two00002": "two00001"}[winner]
        assert releases.ends()[loser] == "superseded"
        releases.wait_for("baking")
    reboot(releases)
    with asking(releases.stack.port):
        assert releases.wait_for("baking", "promoting")
        releases.wait_for("promoting")
    reboot(releases)
    with asking(releases.stack.port):
        ended(releases, "promoted")
        eventually(lambda: set(releases.runs().values()) == {winner})
    assert releases.ends()[winner] == "promoted"


def test_with_a_full_disk_a_release_stands_still_and_goes_on_when_there_is_room(releases: Releases) -> None:
    before = releases.runs()["stable-1"]
    with asking(releases.stack.port):
        releases.deploy("disk0001")
        releases.wait_for("baking")
        fill = "dd if=/dev/zero of=/data/releases/filler bs=64k count=1000 2>/dev/null; true"
        releases.stack.inside("controller", "sh", "-c", fill)
        eventually(lambda: "make room on the disk" in releases.stack.log("controller", 20))
        with pytest.raises(StackError, match="Make room on the disk"):
            releases.marquee("abort", "--by", "ann")
        assert releases.phase() == "baking"
        assert releases.runs()["stable-1"] == before
        releases.stack.inside("controller", "rm", "/data/releases/filler")
        ended(releases, "promoted")
        eventually(lambda: set(releases.runs().values()) == {"disk0001"})


def test_mails_have_waited_for_the_mail_server(releases: Releases) -> None:
    """SMTP was down all the time; no release has noticed, and now each mail arrives once."""
    waiting = releases.mails("waiting")
    if not waiting:  # this test alone
        releases.deploy("mails001")
        eventually(lambda: releases.mails("waiting"))
    releases.stack.stack.compose("up", "-d", "--wait", "maildev")
    docker("restart", releases.stack.stack.container("controller"))  # it asks at once, not when it is due
    eventually(lambda: not releases.mails("waiting"), 180)
    arrived = [mail["subject"] for mail in get_json(releases.stack.ports["MAILDEV_PORT"], "/email")]
    assert len(arrived) >= max(len(waiting), 1)
    assert len(set(arrived)) > 1 or len(waiting) <= 1
