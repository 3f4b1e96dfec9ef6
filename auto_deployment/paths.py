"""Where a data directory keeps what. Every path that a run writes is a property here."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]  # the checkout that this code lies in, or its copy in an image


@dataclass(frozen=True, slots=True)
class Paths:
    """The layout below one `DATA_DIR`; nothing is created by looking at it."""

    root: Path

    @property
    def segments(self) -> Path:
        return self.root / "segments"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def catalog(self) -> Path:
        return self.root / "catalog"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def current_model(self) -> Path:
        return self.models / "current"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def published(self) -> Path:
        return self.root / "published.txt"

    @property
    def ingest_lock(self) -> Path:
        return self.root / "ingest.lock"

    @property
    def open_batch(self) -> Path:
        """Since when lines wait to become a segment."""
        return self.root / "open-batch"

    @property
    def compaction_lock(self) -> Path:
        return self.root / "compaction.lock"

    @property
    def drift_history(self) -> Path:
        return self.root / "drift.json"

    @property
    def drift_findings(self) -> Path:
        return self.root / "drift-findings.json"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def cycle(self) -> Path:
        return self.root / "cycle"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"


@dataclass(frozen=True, slots=True)
class CycleLayout:
    """Absolute paths, as git and DVC run in a folder of their own."""

    root: Path

    @classmethod
    def below(cls, cycle: Path) -> "CycleLayout":
        return cls(cycle.resolve())

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def children(self) -> Path:
        """Process groups of the programs that run now."""
        return self.root / "children"

    @property
    def clone(self) -> Path:
        return self.root / "clone"

    @property
    def git_remote(self) -> Path:
        """The bare repository that stands in for a remote where none is set."""
        return self.root / "remote.git"

    @property
    def dvc_cache(self) -> Path:
        """Outside of the clone, which may be made anew at any time."""
        return self.root / "dvc-cache"

    @property
    def dvc_remote(self) -> Path:
        return self.root / "dvc-remote"

    @property
    def askpass(self) -> Path:
        return self.root / "askpass"

    @property
    def intended(self) -> Path:
        """What will have happened once the push is through; a cycle killed behind it says so next time."""
        return self.root / "intended.json"

    @property
    def last(self) -> Path:
        """How the last cycle ended."""
        return self.root / "last.json"

    @property
    def last_published(self) -> Path:
        """How the last cycle ended that published something."""
        return self.root / "last-published.json"

    @property
    def schedule(self) -> Path:
        return self.root / "schedule.json"


TEMPLATE = PROJECT / "nginx" / "templates" / "marquee.conf.template"
LOCAL_CONF = PROJECT / "nginx" / "local.conf"


@dataclass(frozen=True, slots=True)
class RunLayout:
    """Absolute paths, as NGINX takes relative ones for relative to its own prefix."""

    root: Path

    @classmethod
    def below(cls, run_dir: Path) -> "RunLayout":
        return cls(run_dir.resolve())

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def processes(self) -> Path:
        return self.root / "processes"

    @property
    def nginx(self) -> Path:
        return self.root / "nginx"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def edge_log(self) -> Path:
        return self.logs / "edge.log"

    @property
    def static(self) -> Path:
        return self.root / "static"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics"

    def create(self) -> None:
        for folder in (self.nginx, self.logs, self.static, self.metrics, self.root / "nginx-temp"):
            folder.mkdir(parents=True, exist_ok=True)
