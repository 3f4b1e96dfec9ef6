"""Users who were shown a list, and of these who watched something from one, by track and group. SQL."""

from collections.abc import Mapping

import pandas as pd

from auto_deployment.dataset.catalog import UNKNOWN
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.measures import people
from auto_deployment.feedback.questions import ask
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.feedback.tables import IMPRESSIONS
from auto_deployment.feedback.watched.asked import Asked

Tracks = dict[str, dict[str, int]]  # track -> shown, watched
# A user belongs to the track of his first list, and only lists of that one count: the same user is on both
# tracks where an instance was away for a moment.
COUNTS = """
    WITH lists AS (
        SELECT request_id, user_id, track, edge_time FROM impressions
        WHERE edge_time >= $since AND len(movies) > 0
            AND (track = 'stable' OR track = 'canary' AND release = $release)
    ), users AS (
        SELECT user_id, arg_min(track, (edge_time, request_id)) AS track FROM lists GROUP BY user_id
    ), came AS (
        SELECT DISTINCT lists.user_id
        FROM lists JOIN users USING (user_id, track) JOIN outcomes USING (request_id, user_id)
    )
    SELECT track, coalesce(gender, $unknown) AS gender, coalesce(age, $unknown) AS age,
        count(*) AS shown, count(came.user_id) AS watched
    FROM users LEFT JOIN came USING (user_id) LEFT JOIN people USING (user_id)
    GROUP BY ALL
"""


def count(
    engine: Engine, store: FeedbackStore, asked: Asked, users: pd.DataFrame
) -> tuple[Tracks, dict[str, Tracks]]:
    """Count each user once; return all of them, and those of each known gender and age band."""
    values = {"since": asked.since, "release": asked.release, "unknown": UNKNOWN}
    earlier = asked.since - IMPRESSIONS.period  # files go by the stream's clock, which may be behind
    rows = ask(engine, store, COUNTS, values, earlier, {"people": people(users)}).to_pylist()
    tracks: Tracks = {}
    groups: dict[str, Tracks] = {}
    for row in rows:
        _add(tracks, row)
        for by in ("gender", "age"):
            if row[by] != UNKNOWN:
                _add(groups.setdefault(f"{by} {row[by]}", {}), row)
    return tracks, dict(sorted(groups.items()))


def _add(tracks: Tracks, row: Mapping[str, object]) -> None:
    of_track = tracks.setdefault(str(row["track"]), {"shown": 0, "watched": 0})
    for name in of_track:
        of_track[name] += int(str(row[name]))
