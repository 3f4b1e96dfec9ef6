"""A stack whose images releases may move, what a person does with it, and users who ask meanwhile."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.systems.candidates import make_candidate
from tests.support.systems.containers import Stack, StackError, docker
from tests.support.systems.load import Load
from tests.support.systems.seconds import summarise
from tests.support.systems.stack import UP, TestStack, remove_images, running_stack
from tests.support.waiting import eventually

RATE = 60.0  # requests a second
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

    def make(self, revision: str, fault: str = "none") -> str:
        """Build a candidate and return its image."""
        image = self.stack.stack.environ["MARQUEE_IMAGE"]
        return make_candidate(self.folder, self.base, image, revision, fault)

    def deploy(self, revision: str, fault: str = "none") -> None:
        self.marquee("deploy", self.make(revision, fault), "--by", "pipeline")

    def bake(self, revision: str) -> None:
        """Deploy a good candidate that bakes until a person says otherwise, however slow the machine."""
        self.deploy(revision)
        self.wait_for("starting", "warming", "baking")
        self.marquee("extend", "--by", "ann", "--hours", "1")
        self.wait_for("baking")

    def newest(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.marquee("history", "--json", "--last", "1"))
        return found[0] if found else {}

    def ends(self) -> dict[str, str]:
        """Return the present phase of each release by its code revision."""
        found = json.loads(self.marquee("history", "--json", "--last", "50"))
        return {one["candidate"]["code_revision"]: one["changes"][-1]["phase"] for one in found}

    def is_there(self, service: str) -> bool:
        """Tell whether a service has a container that runs."""
        try:
            return self.stack.stack.inspect(service, "{{.State.Running}}") == "true"
        except StackError:
            return False

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

    def mails(self, place: str = "") -> list[str]:
        """Return the subjects of all mails of the outbox, or of those in one of its places."""
        text = self.stack.inside(
            "controller",
            "sh",
            "-c",
            f"cat $(find /data/releases/outbox/{place} -name '*.eml') </dev/null | grep -i ^subject: || true",
        )
        return text.splitlines()


@contextmanager
def released(
    built: Stack,
    folder: Path,
    candidates: Path,
    name: str = "released",
    more: Mapping[str, Any] | None = None,
) -> Iterator[Releases]:
    """Start the parts that releases need, with the images of a stack under names of their own."""
    image = built.environ["MARQUEE_IMAGE"]
    own = f"{image}-{name}"
    for tag in INSTANCES:
        docker("tag", f"{image}:stable-1", f"{own}:{tag}")
    for part in ("worker", "nginx", "controller"):
        docker("tag", f"{image}-{part}:latest", f"{own}-{part}:latest")
    try:
        with running_stack(folder, own, up=False, more=more) as started:
            started.stack.compose(*UP, "--no-build", *PARTS)
            found = Releases(started, candidates, f"{image}:stable-1")
            eventually(lambda: "serves everybody" in found.marquee("status"))
            yield found
    finally:
        remove_images(own)


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
