"""Objects that the commands of `feedback` share."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from auto_deployment.config import Settings
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.params import JoinParams
from auto_deployment.feedback.store import FeedbackStore, ParquetStore
from auto_deployment.paths import FeedbackLayout, Paths


def store(settings: Settings) -> FeedbackStore:
    """Return where impressions and outcomes are."""
    return ParquetStore(FeedbackLayout.below(Paths(settings.data_dir).feedback).root)


@contextmanager
def engine(params: JoinParams, spill: Path | None = None) -> Iterator[Engine]:
    """Yield DuckDB within its limits, with a folder of its own; what a killed one left there is removed."""
    if spill is None:
        with TemporaryDirectory(prefix="marquee-feedback-") as folder:
            yield Engine(Path(folder), params.threads, params.memory_mb)
        return
    shutil.rmtree(spill, ignore_errors=True)
    spill.mkdir(parents=True)
    yield Engine(spill, params.threads, params.memory_mb)
