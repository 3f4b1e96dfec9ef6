"""The places where users' data lie, in one list: a further store has its line here."""

from collections.abc import Sequence

from auto_deployment.config.recent import RecentSettings
from auto_deployment.feedback.postgres.database import Database
from auto_deployment.paths import Paths
from auto_deployment.people.database_place import DatabasePlace
from auto_deployment.people.feedback_place import FeedbackPlace
from auto_deployment.people.file_places import CataloguePlace, QuarantinePlace
from auto_deployment.people.model_places import CycleClone, EdgeLog, LocalModels
from auto_deployment.people.places import Place
from auto_deployment.people.recent_place import RecentFile
from auto_deployment.people.segment_place import SegmentPlace
from auto_deployment.people.told_place import Instances


def places_of(
    paths: Paths, database: Database | None = None, recent: RecentSettings | None = None
) -> Sequence[Place]:
    """Return every place of a data directory, in the order in which they are told to forget.

    `recent` says where recent events go, from which instances hear of it: the first to know, for they answer.
    """
    recent = recent or RecentSettings()
    is_told = recent.redis_url or recent.file
    return [
        *([Instances(paths, recent)] if is_told else []),
        # Before the files, among which are copies of it.
        *([] if database is None else [DatabasePlace(database, paths)]),
        QuarantinePlace(paths),
        CataloguePlace(paths),
        SegmentPlace(paths),
        FeedbackPlace(paths),
        LocalModels(paths),
        CycleClone(paths),
        EdgeLog(paths),
        *([RecentFile(recent.file)] if recent.file else []),
    ]
