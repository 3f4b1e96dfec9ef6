"""The paths of the stages of `dvc.yaml`, below one folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auto_deployment.host.files import StagedFile
from auto_deployment.training.errors import TrainingError

COMPARISON = "comparison.json"


@dataclass(frozen=True, slots=True)
class Workspace:
    """One checkout's `data/`. What the cycle puts in comes first, then what each stage writes."""

    root: Path

    @property
    def segments(self) -> Path:
        return self.root / "segments"

    @property
    def catalog(self) -> Path:
        return self.root / "catalog"

    @property
    def champion(self) -> Path:
        """The model that the challenger has to beat."""
        return self.root / "champion"

    @property
    def champion_facts(self) -> Path:
        """Which one that is, and why; its version is null where there is none."""
        return self.root / "champion.json"

    @property
    def intake(self) -> Path:
        """What came in, as the cycle saw it: segments left out, strong changes of the stream."""
        return self.root / "intake.json"

    @property
    def rejected(self) -> Path:
        """Content hashes of models that a release has rejected."""
        return self.root / "rejected.json"

    @property
    def version(self) -> Path:
        """Name, time and code of the model to be packaged."""
        return self.root / "version.json"

    @property
    def prepared(self) -> Path:
        return self.root / "prepared"

    @property
    def candidate(self) -> Path:
        return self.root / "candidate"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics"

    @property
    def verdict(self) -> Path:
        return self.root / "gate"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def model(self) -> Path:
        return self.root / "model"


def read_json(path: Path) -> Any:
    """Read one of the flow's small files; raise `TrainingError` naming it."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{path} cannot be read ({reason}): run the stage that writes it.") from error


def write_json(path: Path, content: Any) -> None:
    """Write one of the flow's small files, whole or not at all; the same content gives the same bytes."""
    with StagedFile(path) as staged:
        staged.file.write((json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
        staged.publish()
