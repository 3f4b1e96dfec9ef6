"""Objects that the commands of `feedback` share."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from auto_deployment.config import Settings
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.params import JoinParams
from auto_deployment.feedback.postgres.database import Database
from auto_deployment.feedback.postgres.store import PostgresStore
from auto_deployment.feedback.store import FeedbackStore, ParquetStore
from auto_deployment.paths import FeedbackLayout, Paths


def store(settings: Settings) -> FeedbackStore:
    """Return where impressions and outcomes are."""
    root = FeedbackLayout.below(Paths(settings.data_dir).feedback).root
    found = database(settings)
    return ParquetStore(root) if found is None else PostgresStore(found, root)


def database(settings: Settings) -> Database | None:
    """Return the database that feedback is in; None where it is in files."""
    own = settings.feedback
    return None if own.database_url is None else Database(own.database_url, own.database_password)


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
