"""A world for the controller in which everything happens at once, and a clock that a test turns."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.errors import MarqueeError
from auto_deployment.params import load_params
from auto_deployment.paths import FeedbackLayout, Paths
from auto_deployment.release.controller import Controller
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.observe import queries
from auto_deployment.release.observe.edge_log import Follows
from auto_deployment.release.observe.measurements import PrometheusMetrics
from auto_deployment.release.observe.observer import Observer, Sources
from auto_deployment.release.observe.prometheus import Answer, NoData, Unavailable
from auto_deployment.release.observe.user_groups import user_groups
from auto_deployment.release.observe.watched_file import watched_file
from auto_deployment.release.online.keep import OnlineSource
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.ports import PortError, Sighting
from auto_deployment.release.reconcile import CANARY_NAME, NAMES, Traffic
from auto_deployment.release.release import Action, Build, Kind, Phase, Release
from auto_deployment.release.store import Store
from auto_deployment.release.wiring import ControllerParts, Report
from tests.support.project import PROJECT
from tests.support.release.edge_lines import CANARY_1, STABLE_1, TRACKS, line

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
SHIPPED = load_params(PROJECT / "params.yaml").release


def build(version: str, code: str = "abc1234") -> Build:
    """Return a build with a model of its own."""
    return Build(f"{version}-{code}", version, f"content-of-{version}", code)


OLD, NEW, OTHER = build("v1"), build("v2"), build("v3")


@dataclass
class FakeInstances:
    """Containers that start at once; `ill` says which releases never get well."""

    runs: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(NAMES, OLD.release))
    ill: set[str] = field(default_factory=set)
    restarts: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NAMES, OLD.release))

    def look(self) -> Mapping[str, Sighting]:
        return {
            name: Sighting(
                release, release not in self.ill and name not in self.ill, self.restarts.get(name, 0)
            )
            if release
            else Sighting()
            for name, release in self.runs.items()
        }

    def start(self, name: str, release: str) -> None:
        self.tags[name] = self.runs[name] = release
        self.restarts.pop(name, None)
        self.done.append(f"start {name} {release}")

    def remove(self, name: str, stable: str) -> None:
        self.tags[name], self.runs[name] = stable, None
        self.done.append(f"remove {name}")


@dataclass
class FakeEdge:
    """NGINX that believes everything; `history` is who has got requests, in order.

    While it is `deaf`, its file is replaced but not taken over.
    """

    traffic: Traffic = field(default_factory=lambda: Traffic(frozenset(NAMES), "first"))
    history: list[Traffic] = field(default_factory=list)
    deaf: bool = False

    def read(self) -> Traffic:
        return self.traffic

    def write(self, traffic: Traffic) -> None:
        self.traffic = traffic
        if self.deaf:
            raise PortError("docker kill: the engine does not answer")
        self.history.append(traffic)


@dataclass
class FakeImages:
    """Images that are only names."""

    tags: list[str] = field(default_factory=list)

    def tag(self, name: str) -> str:
        return f"marquee:{name}"

    def keep(self, image: str, may_move: bool = False) -> Build:
        return OLD

    def releases(self) -> list[str]:
        return self.tags

    def forget(self, release: str) -> None:
        self.tags.remove(release)


@dataclass
class FakeMetrics:
    """Prometheus with means that a test sets; `down` says that it does not answer."""

    mean_ms: dict[str, float | None] = field(default_factory=lambda: {"canary": 20.0, "stable": 20.0})
    down: bool = False

    def value(self, query: str, at: datetime | None = None) -> Answer:
        if self.down:
            return Unavailable("nobody listens")
        if query == queries.scraped("canary"):
            return 1.0
        mean = self.mean_ms["canary" if 'track="canary"' in query else "stable"]
        return NoData("no series") if mean is None else mean


class World:
    """The controller with everything around it. `users` come once each, in every tick new ones."""

    def __init__(
        self,
        folder: Path,
        params: ReleaseParams = SHIPPED,
        needs_approval: bool = False,
        feedback: Path | None = None,
    ) -> None:
        self.feedback = feedback
        self.now, self.params, self.needs_approval = START, params, needs_approval
        self.instances, self.edge, self.images = FakeInstances(), FakeEdge(), FakeImages()
        self.metrics, self.log = FakeMetrics(), folder / "edge.log"
        self.log.touch()
        self.paths = Paths(folder)
        self.store, self.inbox = Store(self.paths.releases), Inbox(self.paths.releases / "inbox")
        self.online = OnlineSource.of(FeedbackLayout(self.paths.feedback).measures, 5)
        self.requests, self.users = 0, 0
        self.bad: Callable[[int], bool] = lambda user: False
        self.bad_on_stable: Callable[[int], bool] = lambda user: False
        self.per_poll = 60
        self.boot()

    def boot(self) -> None:
        """Start the controller, as after a kill."""
        sources = Sources(
            Follows(self.log, TRACKS, 0.15, user_groups(self.feedback)),
            PrometheusMetrics(self.metrics),
            lambda: self.requests,
            watched_file(self.feedback, self.paths, self.params.judge.watched),
        )
        parts = self.parts(Observer(sources, self.params.tick_s))
        self.controller = Controller(parts, self.params, self.needs_approval)
        self.controller.open()

    def parts(self, observer: Observer) -> ControllerParts:
        """Return what the controller works with."""
        return ControllerParts(
            self.instances,
            self.images,
            self.edge,
            observer,
            self.store,
            self.inbox,
            self.paths,
            self.online,
        )

    def poll(self, seconds: float = 2.0) -> Report:
        """Let time pass and people ask, then let the controller look."""
        self.now += timedelta(seconds=seconds)
        self.serve(self.per_poll)
        return self.controller.tick(self.now)

    def polls(self, count: int, seconds: float = 2.0) -> None:
        for _ in range(count):
            self.poll(seconds)

    def until(self, *phases: Phase, seconds: float = 2.0, most: int = 5000) -> Release:
        """Go on until the release is in one of these phases."""
        release = None
        for _ in range(most):
            record = self.poll(seconds).record
            release = record.release if record else None
            if release and release.phase in phases:
                return release
        raise AssertionError(f"still {release}, not {phases}")

    def settle(self) -> None:
        """Go on until nothing is to be done."""
        for _ in range(200):
            if self.poll().step is None:
                return
        raise AssertionError("it never comes to rest")

    def serve(self, count: int) -> None:
        """Write lines of new users to the edge log: every fifth is the canary's, where it gets requests."""
        lines = []
        for _ in range(count):
            self.users += 1
            attempts = [(STABLE_1, "500" if self.bad_on_stable(self.users) else "200")]
            if self.users % 5 == 0 and CANARY_NAME in self.edge.traffic.names:
                attempts = [(CANARY_1, "500"), *attempts] if self.bad(self.users) else [(CANARY_1, "200")]
            lines.append(line(str(self.users), *attempts))
        self.requests += count
        with self.log.open("ab") as file:
            file.write(b"".join(lines))

    def deploy(self, candidate: Build = NEW, by: str = "pipeline") -> None:
        self.inbox.request(candidate, by, self.now)

    def bake(self, candidate: Build = NEW) -> None:
        """Deploy a candidate and go on until it bakes and nothing is to be done."""
        self.deploy(candidate)
        self.until(Phase.BAKING)
        self.settle()

    def promote(self, candidate: Build = NEW) -> None:
        """Deploy a candidate and go on until it serves everybody and nothing is to be done."""
        self.deploy(candidate)
        self.until(Phase.PROMOTED)
        self.settle()

    def roll_back(self, to: Build = OLD, by: str = "ann") -> None:
        self.inbox.request(to, by, self.now, Kind.ROLLBACK, "it smells")

    def say(
        self, action: Action, by: str = "ann", reason: str = "", seconds: float = 0.0, release: str = ""
    ) -> None:
        record = self.store.newest()
        meant = release or (record.release.id if record else "")
        self.inbox.command(action, meant, by, self.now, reason, seconds)

    @property
    def release(self) -> Release:
        record = self.store.newest()
        if record is None:
            raise MarqueeError("no release yet")
        return record.release


def one_in_ten(user: int) -> bool:
    """Tell whether a user is one of those who fail, on both tracks alike."""
    return user // 10 % 10 == 0


def quick(**judge: float) -> ReleaseParams:
    """Return parameters with which a release takes minutes; what is given is for the judge."""
    usual = {"window_s": 120.0, "max_window_s": 240.0, "min_users": 50, "metrics_unavailable_max_s": 40.0}
    return replace(
        SHIPPED,
        tick_s=4.0,
        warming_s=20.0,
        settle_s=6.0,
        start_max_s=30.0,
        unwell_max_s=10.0,
        judge=replace(SHIPPED.judge, **{**usual, **judge}),  # type: ignore[arg-type]
    )


def full(*words: object) -> None:
    """Stand for what writes, on a full disk."""
    raise OSError(28, "No space left on device")


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let no record fit on the disk; what else is patched in the block ends with it."""
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.host.files.os.fsync", full)
        yield patched
