"""The places where users' data lie, in one list: a further store has its line here."""

from collections.abc import Sequence
from pathlib import Path

from auto_deployment.feedback.postgres.database import Database
from auto_deployment.paths import Paths
from auto_deployment.people.database_place import DatabasePlace
from auto_deployment.people.feedback_place import FeedbackPlace
from auto_deployment.people.file_places import CataloguePlace, QuarantinePlace
from auto_deployment.people.model_places import CycleClone, EdgeLog, LocalModels
from auto_deployment.people.places import Place
from auto_deployment.people.recent_place import RecentFile
from auto_deployment.people.segment_place import SegmentPlace


def places_of(paths: Paths, database: Database | None = None, recent: Path | None = None) -> Sequence[Place]:
    """Return every place of a data directory, in the order in which they are told to forget.

    `recent` is the file of recent events, which may lie elsewhere.
    """
    return [
        # Before the files, among which are copies of it.
        *([] if database is None else [DatabasePlace(database, paths)]),
        QuarantinePlace(paths),
        CataloguePlace(paths),
        SegmentPlace(paths),
        FeedbackPlace(paths),
        LocalModels(paths),
        CycleClone(paths),
        EdgeLog(paths),
        *([] if recent is None else [RecentFile(recent)]),
    ]
