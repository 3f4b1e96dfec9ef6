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
