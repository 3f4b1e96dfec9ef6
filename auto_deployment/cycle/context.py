"""What one retraining cycle is wired from."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from auto_deployment.cycle.outcome import Outcome
from auto_deployment.host.locks import only_one
from auto_deployment.host.processes import end_leftovers
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.publish.factory import Publishing
from auto_deployment.training.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Project:
    """Where the code that runs lies, and which parameters count: the seed of a local remote."""

    root: Path
    params_file: Path
    branch: str
    has_remote: bool
    segment_max_age_s: float  # of ingest: so soon a first event becomes a segment
    engine: str = "local"  # what computes: another one makes another model of the same data


@dataclass(frozen=True, slots=True)
class Cycle:
    """Everything that the steps of one cycle need; `notify` gets how it ended, once or more often."""

    paths: Paths
    publishing: Publishing
    project: Project
    notify: Callable[[Outcome], None] = lambda outcome: None

    @property
    def layout(self) -> CycleLayout:
        return self.publishing.layout

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.layout.clone / "data")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only cycle, and end what a killed one left running; raise `BusyError` naming the other."""
        with only_one(self.layout.lock, "A retraining cycle"):
            end_leftovers(self.layout.children)
            yield
