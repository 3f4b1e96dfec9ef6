"""A release in a world in which anything may fail at any moment, and what must be so in the end."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment.errors import MarqueeError
from auto_deployment.release.consequences import serves_after
from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import CANARY_NAME, STABLE_NAMES
from auto_deployment.release.records import read_rejected, read_serving
from auto_deployment.release.release import Action, Kind, Phase
from tests.support.release.world import OLD, World, build, quick

LOOKS = 150


class Trouble:
    """A world in which anything may fail, and persons who ask for anything."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        self.random, self.world = random.Random(seed), World(folder, quick())
        self.full = self.docker_fails = False
        self.builds = [OLD]
        self.ran: set[str] = set()
        self.words: set[str] = set()  # releases of which a person has said something
        self.world.per_poll = 25
        self.world.settle()
        sync, start = self._sync, self._start(self.world.instances.start)
        monkeypatch.setattr("auto_deployment.host.files.os.fsync", sync)
        monkeypatch.setattr(self.world.instances, "start", start)

    def anything(self) -> None:
        """Let something happen, or nothing."""
        world = self.world
        doings: list[Callable[[], None]] = [
            self._deploy, self._deploy, self._again, self._back, world.boot, self._ill, self._errs, self.mend,
            lambda: self._say(Action.ABORT), *(2 * [lambda: self._say(Action.PROMOTE)]),
            lambda: setattr(self, "full", not self.full),
            lambda: setattr(self, "docker_fails", not self.docker_fails),
            lambda: setattr(world.edge, "deaf", not world.edge.deaf),
        ]  # fmt: skip
        if self.random.random() < 0.12:
            try:
                self.random.choice(doings)()
            except MarqueeError:  # with a full disk nothing can be said
                assert self.full

    def look(self) -> None:
        try:
            self.world.poll()
        except MarqueeError:
            assert self.docker_fails or self.world.edge.deaf or self.full

    def mend(self) -> None:
        self.full = self.docker_fails = self.world.edge.deaf = False
        self.world.instances.ill, self.world.bad = set(), lambda user: False

    def _deploy(self) -> None:
        self.builds.append(build(f"v{len(self.builds) + 1}"))
        self.world.deploy(self.builds[-1])

    def _again(self) -> None:
        self.world.deploy(self.random.choice(self.builds))

    def _back(self) -> None:
        self.world.roll_back(self.random.choice(self.builds))

    def _say(self, action: Action) -> None:
        record = self.world.store.newest()
        if record is not None:
            self.world.say(action)
            self.words.add(record.release.id)

    def _ill(self) -> None:
        names = ["stable-1", "stable-2", "canary", self.builds[-1].release, OLD.release]
        self.world.instances.ill = set(self.random.sample(names, self.random.choice((0, 1, 1, 2))))

    def _errs(self) -> None:
        self.world.bad = self.random.choice([lambda user: True, lambda user: False])

    def _sync(self, descriptor: int) -> None:
        if self.full:
            raise OSError(28, "No space left on device")

    def _start(self, start: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def start_or_fail(name: str, release: str) -> None:
            if self.docker_fails:
                raise PortError("docker compose: no")
            start(name, release)
            self.ran.add(release)

        return start_or_fail


def live_through(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Let one seed's faults and wishes happen, mend everything, and look at what is left."""
    trouble = Trouble(folder, monkeypatch, seed)
    world = trouble.world
    for _ in range(LOOKS):
        trouble.anything()
        trouble.look()
        assert world.edge.traffic.names
    trouble.mend()
    world.per_poll = 60
    for _ in range(300):
        report = world.poll()
        waits = list(world.inbox.waiting())
        if report.step is None and not waits and not (report.record and report.record.release.under_way):
            break
    world.polls(20)
    check(trouble)


def check(trouble: Trouble) -> None:
    """The records agree with each other and with what runs, and nothing in them is without a reason."""
    world = trouble.world
    serving, history = read_serving(world.paths), [one.release for one in world.store.history()][::-1]
    assert serving is not None
    assert {world.instances.runs[name] for name in STABLE_NAMES} == {serving.release}
    assert world.edge.history[-1] == world.edge.traffic if world.edge.history else True
    serves = OLD
    for release in history:
        assert release.stable == serves
        if release.phase is Phase.PROMOTED:
            serves = release.candidate
            by_verdict = release.reason.startswith("The window")
            assert by_verdict or release.kind is Kind.ROLLBACK or release.command(Action.PROMOTE)
    assert serving.release == serves.release
    assert len({release.request for release in history}) == len(history)
    assert not any(release.under_way for release in history)
    if history:
        assert serves_after(history[-1]).release == serving.release
        aborted = history[-1].phase is not Phase.PROMOTED
        assert world.instances.runs[CANARY_NAME] == (None if aborted else serving.release)
    for one in read_rejected(world.paths):
        assert one.release in trouble.ran | trouble.words
