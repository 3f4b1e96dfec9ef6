"""Where a local run keeps its files: everything below `DATA_DIR/run`."""

from dataclasses import dataclass
from pathlib import Path

from auto_deployment.paths import PROJECT

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
