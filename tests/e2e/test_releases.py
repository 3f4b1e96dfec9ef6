"""Releases with real containers, NGINX and Prometheus, in shortened time: each ends as it should."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos.containers import StackError, docker, kill
from benchmarks.chaos.load import Load
from benchmarks.chaos.seconds import summarise
from tests.support.candidates import make_candidate
from tests.support.http import get
from tests.support.stack import TestStack, eventually, remove_images, running_stack

pytestmark = [pytest.mark.lab, pytest.mark.slow]

RATE = 60.0
KNOWN = 2000  # users whom the demo model knows
INSTANCES = ("stable-1", "stable-2", "canary")
ENDS_WITHIN_S = 240.0
PARTS = (*INSTANCES, "nginx", "static-list", "controller", "prometheus", "nginx-exporter")


@dataclass(frozen=True, slots=True)
class Releases:
    """A stack and what a person does with releases there."""

    stack: TestStack
    folder: Path
    base: str  # the image that candidates are made of

    def marquee(self, *words: str) -> str:
        return self.stack.inside("controller", "marquee", "release", *words)

    def deploy(self, revision: str, fault: str = "none") -> None:
        image = self.stack.stack.environ["MARQUEE_IMAGE"]
        candidate = make_candidate(self.folder, self.base, image, revision, fault)
        self.marquee("deploy", candidate, "--by", "pipeline")

    def newest(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.marquee("history", "--json", "--last", "1"))
        return found[0] if found else {}

    def phase(self) -> str:
        """Return the phase, nothing while the controller is away."""
        try:
            release = self.newest()
        except StackError:
            return ""
        return str(release["changes"][-1]["phase"]) if release else ""

    def wait_for(self, *phases: str, within_s: float = ENDS_WITHIN_S) -> str:
        """Wait for a phase and return the reason that is given for it."""
        eventually(lambda: self.phase() in phases, within_s)
        return str(self.newest()["changes"][-1]["reason"])

    def runs(self) -> dict[str, str]:
        """Return the code revision of each instance's container."""
        found = {}
        for name in INSTANCES:
            try:
                found[name] = self.stack.inside(name, "cat", "/srv/REVISION")
            except StackError:
                found[name] = ""
        return found

    def mails(self) -> list[str]:
        """Return the subjects of all mails, as they lie in the outbox."""
        text = self.stack.inside(
            "controller",
            "sh",
            "-c",
            "cat $(find /data/releases/outbox -name '*.eml') </dev/null | grep -i ^subject:",
        )
        return text.splitlines()


@pytest.fixture(scope="module")
def releases(stack: TestStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """A stack with images of its own names, as releases move them."""
    built = stack.stack.environ["MARQUEE_IMAGE"]
    name = f"{built}-released"
    for tag in INSTANCES:
        docker("tag", f"{built}:stable-1", f"{name}:{tag}")
    for part in ("worker", "nginx", "controller"):
        docker("tag", f"{built}-{part}:latest", f"{name}-{part}:latest")
    try:
        with running_stack(tmp_path_factory.mktemp("released"), name, up=False) as started:
            started.stack.compose("up", "-d", "--no-build", "--wait", "--wait-timeout", "300", *PARTS)
            found = Releases(started, tmp_path_factory.mktemp("candidates"), f"{built}:stable-1")
            eventually(lambda: "serves everybody" in found.marquee("status"))
            yield found
    finally:
        remove_images(name)


@contextmanager
def asking(stack: TestStack, users: int = 1_000_000) -> Iterator[Load]:
    """Ask at a steady rate for the length of the block; nobody may be failed."""
    load = Load(stack.port, RATE, 1_000_000, seed=int(time.monotonic() * 1000), users=users)
    thread = threading.Thread(target=lambda: asyncio.run(load.run()))
    thread.start()
    try:
        yield load
    finally:
        load.stop()
        thread.join()
    failures = dict(summarise(load.outcomes).failures)
    assert failures == {}, failures


def test_a_good_candidate_is_promoted_and_nobody_notices(releases: Releases) -> None:
    with asking(releases.stack):
        releases.deploy("good0001")
        reason = releases.wait_for("promoted", "aborted")
    assert releases.phase() == "promoted", reason
    assert "The window of 45 s is over" in reason
    assert set(releases.runs().values()) == {"good0001"}
    assert get(releases.stack.port, "/recommend/1").headers["x-release"].endswith("good0001")
    assert any("Promoted" in subject for subject in releases.mails())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("errs", "bad"),
        ("kills", "bad"),
        ("slow", "bad"),
        ("popular", "popularity list"),
    ],
)
def test_a_bad_candidate_is_gone_and_nobody_notices(releases: Releases, fault: str, said: str) -> None:
    before = releases.runs()["stable-1"]
    users = KNOWN if fault == "popular" else 1_000_000
    with asking(releases.stack, users):
        releases.deploy(f"{fault}01", fault)
        reason = releases.wait_for("promoted", "aborted")
        assert releases.phase() == "aborted"
        eventually(lambda: releases.runs()["canary"] == "")
    assert said in reason
    assert releases.runs() == {"stable-1": before, "stable-2": before, "canary": ""}
    assert any("Aborted" in subject for subject in releases.mails())


def test_a_candidate_that_does_not_start_is_gone(releases: Releases) -> None:
    releases.deploy("unready1", "unready")
    assert "did not become healthy" in releases.wait_for("promoted", "aborted")


def test_a_rejected_candidate_comes_back_neither_by_a_deploy_nor_by_a_reboot(releases: Releases) -> None:
    image = releases.stack.stack.environ["MARQUEE_IMAGE"]
    with pytest.raises(StackError, match="was rejected"):
        releases.marquee("deploy", f"{image}:errs01")
    stable = releases.runs()["stable-1"]
    docker("kill", *(releases.stack.stack.container(name) for name in ("stable-1", "stable-2", "controller")))
    releases.stack.stack.compose("up", "-d", "--no-build", *PARTS)
    eventually(
        lambda: set(releases.runs().values()) <= {stable, ""} and releases.stack.stack.is_well("stable-1")
    )
    releases.stack.stack.wait_until_well("controller")
    assert releases.phase() == "aborted"


def test_killed_in_the_middle_everything_goes_on(releases: Releases) -> None:
    """The controller with kill -9 while it bakes and while it promotes, and a person who cannot wait."""
    with asking(releases.stack):
        releases.deploy("good0002")
        releases.wait_for("baking", within_s=90)
        kill(releases.stack.stack, "controller")
        releases.stack.stack.wait_until_well("controller")
        assert releases.phase() == "baking"
        releases.marquee("promote", "--by", "ann", "--reason", "urgent")
        releases.wait_for("promoting", within_s=60)
        kill(releases.stack.stack, "controller")
        assert "Promoted by ann: urgent." in releases.wait_for("promoted", "aborted")
    assert set(releases.runs().values()) == {"good0002"}


def test_an_older_release_is_put_back_and_nobody_notices(releases: Releases) -> None:
    with asking(releases.stack):
        releases.marquee("rollback", "--by", "ann", "--reason", "the lists look odd")
        eventually(lambda: set(releases.runs().values()) == {"good0001"}, ENDS_WITHIN_S)
        releases.wait_for("promoted")
    image = releases.stack.stack.environ["MARQUEE_IMAGE"]
    with pytest.raises(StackError, match="was rejected"):
        releases.marquee("deploy", f"{image}:good0002")


def test_without_prometheus_nothing_is_promoted(releases: Releases) -> None:
    with asking(releases.stack):
        releases.deploy("good0003")
        releases.wait_for("baking", within_s=90)
        releases.stack.stack.compose("stop", "prometheus")
        try:
            assert "Metrics have been unavailable" in releases.wait_for("promoted", "aborted")
        finally:
            releases.stack.stack.compose("start", "prometheus")
    assert any("Metrics unavailable" in subject for subject in releases.mails())
