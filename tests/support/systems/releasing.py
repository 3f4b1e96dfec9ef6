"""A stack whose images releases may move, what a person does with it, and users who ask meanwhile."""

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.systems.candidates import REVISION_LABEL, Candidate, Workshop
from tests.support.systems.containers import Stack, docker
from tests.support.systems.load import Load
from tests.support.systems.onlooker import SERVICE, Onlooker
from tests.support.systems.seconds import summarise
from tests.support.systems.stack import UP, TestStack, remove_images, running_stack
from tests.support.waiting import eventually

RATE = 60.0  # requests a second
INSTANCES = ("stable-1", "stable-2", "canary")
PARTS = (*INSTANCES, "nginx", "static-list", "controller", "prometheus", "nginx-exporter")
ENDS = ("promoted", "aborted", "superseded", "inconclusive")
ENDS_WITHIN_S = 240.0
STEP_S = 0.25
# A whole story's edge log is kept, and turns over now and then all the same.
EDGE_LOG = {"MARQUEE_EDGE_LOG_MAX_MB": "4", "MARQUEE_EDGE_LOG_FILES": "60"}


@dataclass(frozen=True, slots=True)
class Releases:
    """A stack and what a person does with releases there."""

    stack: TestStack
    workshop: Workshop
    onlooker: Onlooker

    def marquee(self, *words: str) -> str:
        return self.stack.inside("controller", "marquee", "release", *words)

    def deploy(self, candidate: Candidate) -> None:
        self.marquee("deploy", candidate.image, "--by", "pipeline")

    def bake(self, candidate: Candidate) -> None:
        """Deploy a good candidate that bakes until a person says otherwise, however slow the machine."""
        self.deploy(candidate)
        self.extend(candidate.revision)
        self.wait_until_entered(candidate.revision, "baking")

    def extend(self, revision: str) -> None:
        """Let a person ask for more evidence than a test has the time for."""
        self.wait_until_entered(revision, "starting")
        self.marquee("extend", "--by", "ann", "--hours", "1")

    def promote(self, revision: str) -> str:
        """Let a person promote what runs already, wait until it serves everybody, and return the reason."""
        self.marquee("promote", "--by", "ann", "--reason", "urgent")
        return self.end(revision, "promoted")

    def serve_another(self) -> None:
        """Release a good candidate without waiting for evidence."""
        good = self.workshop.make()
        self.deploy(good)
        self.wait_until_entered(good.revision, "warming")
        self.promote(good.revision)

    def served_before(self) -> str:
        """Return the revision that a rollback brings back, nothing where nothing else has served."""
        gone = {self.onlooker.serving(), *self.onlooker.rejected()}
        builds = [
            release[which]["code_revision"]
            for release in (record["release"] for record in self.onlooker.releases(last=50))
            for which in ("stable", "candidate")
            if which == "stable" or release["changes"][-1]["phase"] == "promoted"
        ]
        found = [revision for revision in builds if revision not in gone]
        return found[-1] if found else ""

    def newest(self) -> dict[str, Any]:
        """Return the release under way or the last one, nothing before the first."""
        found = self.onlooker.releases()
        release: dict[str, Any] = found[-1]["release"] if found else {}
        return release

    def ends(self) -> dict[str, str]:
        """Return the present phase of each release by its code revision."""
        found = [record["release"] for record in self.onlooker.releases(last=50)]
        return {one["candidate"]["code_revision"]: one["changes"][-1]["phase"] for one in found}

    def phase(self) -> str:
        release = self.newest()
        return str(release["changes"][-1]["phase"]) if release else ""

    def ticks(self) -> int:
        """Return how many ticks the newest release has on the disk."""
        return len(self.onlooker.releases()[-1]["ticks"])

    def mails(self, word: str) -> int:
        """Return how many mails were written whose subject has this word."""
        return sum(word in subject for subject in self.onlooker.mails())

    def wait_until_entered(self, revision: str, phase: str) -> None:
        """Wait until a revision's release has entered a phase, though it may be past it by now."""

        def has_entered() -> bool:
            release = self.newest()
            if not is_of(revision, release):
                return False
            phases = [change["phase"] for change in release["changes"]]
            assert phase in phases or phases[-1] not in ENDS, release["changes"]
            return phase in phases

        eventually(has_entered, ENDS_WITHIN_S, STEP_S, self.phase)

    def end(self, revision: str, phase: str) -> str:
        """Wait for the end of a revision's release, which must be this one, and return its reason.

        Then everything is as this end wants it: the instances run what serves and are well.
        """
        eventually(lambda: is_of(revision, self.newest()), ENDS_WITHIN_S, STEP_S)
        eventually(lambda: self.phase() in ENDS, ENDS_WITHIN_S, STEP_S, self.newest)
        last = self.newest()["changes"][-1]
        assert last["phase"] == phase, last
        self.wait_for_rest()
        return str(last["reason"])

    def wait_for_rest(self) -> None:
        """Wait until no release is under way and the instances run what serves and are well."""
        eventually(self.is_at_rest, ENDS_WITHIN_S, STEP_S, lambda: (self.phase(), self.runs()))

    def is_at_rest(self) -> bool:
        phase, runs, serves = self.phase(), self.runs(), self.onlooker.serving()
        canary = serves if phase in ("", "promoted") else ""
        right = runs == {"stable-1": serves, "stable-2": serves, "canary": canary}
        if phase not in ("", *ENDS) or not right:
            return False
        well = self.stack.stack.well()
        return all(well.get(name) for name in runs if runs[name])

    def runs(self) -> dict[str, str]:
        """Return the code revision of each instance's container, nothing for one that does not run."""
        found = docker(
            "ps", "--filter", f"label=com.docker.compose.project={self.stack.stack.name}",
            "--filter", "status=running",
            "--format", f'{{{{.Label "com.docker.compose.service"}}}} {{{{.Label "{REVISION_LABEL}"}}}}',
        )  # fmt: skip
        revisions = {
            name: revision for name, _, revision in (line.partition(" ") for line in found.splitlines())
        }
        return {name: revisions.get(name, "") for name in INSTANCES}

    def are_there(self) -> list[str]:
        """Return the services of `PARTS` that have a container."""
        there = self.stack.stack.services()
        return [name for name in PARTS if name in there]


def is_of(revision: str, release: Mapping[str, Any]) -> bool:
    """Tell whether a release is this revision's."""
    return bool(release) and release["candidate"]["code_revision"] == revision


@contextmanager
def released(
    built: Stack, folder: Path, name: str = "released", more: Mapping[str, Any] | None = None
) -> Iterator[Releases]:
    """Start the parts that releases need, with the images of a stack under names of their own."""
    image = built.environ["MARQUEE_IMAGE"]
    own, candidates = f"{image}-{name}", folder / "candidates"
    candidates.mkdir()
    workshop = Workshop(candidates, own)
    for part in ("worker", "nginx", "controller"):
        docker("tag", f"{image}-{part}:latest", f"{own}-{part}:latest")
    try:
        stable = workshop.make_stable(f"{image}:stable-1")
        for tag in INSTANCES:
            docker("tag", stable, f"{own}:{tag}")
        with running_stack(folder, own, up=False, more=_with_onlooker(more or {})) as started:
            started.stack.compose(*UP, "--no-build", *PARTS)  # first: volumes take their owner from them
            started.stack.compose("up", "-d", "--no-build", "onlooker")
            found = Releases(started, workshop, Onlooker.of(started.stack.container("onlooker")))
            eventually(lambda: "serves everybody" in found.marquee("status"), step_s=1)
            yield found
    finally:
        remove_images(own)


def _with_onlooker(more: Mapping[str, Any]) -> dict[str, Any]:
    """Add who looks on, and let NGINX keep what he shall see."""
    services = more.get("services", {})
    nginx = {**services.get("nginx", {}), "environment": EDGE_LOG}
    return {**more, "services": {**services, "nginx": nginx, "onlooker": SERVICE}}


@contextmanager
def asking(port: int, users: int = 1_000_000, rate: float = RATE) -> Iterator[Load]:
    """Ask at a steady rate for the length of the block; nobody may be failed."""
    load = Load(port, rate, 1_000_000, seed=int(time.monotonic() * 1000), users=users)
    thread = threading.Thread(target=lambda: asyncio.run(load.run()))
    thread.start()
    try:
        yield load
    finally:
        load.stop()
        thread.join()
    failures = dict(summarise(load.outcomes).failures)
    assert failures == {}, failures
