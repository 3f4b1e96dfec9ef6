"""Everything that training sees of a data directory."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from auto_deployment.dataset.arrays import rising
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.training.params import PrepareParams
from auto_deployment.training.prepare.interactions import make_interactions
from auto_deployment.training.provenance import describe_segments, frame_hash


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Interactions, the catalogue, the users, and the facts about where they come from."""

    interactions: pd.DataFrame
    movies: pd.DataFrame
    users: pd.DataFrame
    facts: Mapping[str, Any]


def load_data(segments: Path, catalog: Path, params: PrepareParams) -> TrainingData:
    """Read the segments and the catalogue; raise `SegmentError` or `CatalogError` naming a damaged file."""
    facts = describe_segments(segments)
    ratings, watches = read_ratings(segments), read_watches(segments)
    movies = MOVIES.read(catalog)
    interactions = make_interactions(ratings.frame, watches.frame, movies, params)
    facts |= {
        "catalog_hash": frame_hash(movies),
        "ratings": len(ratings.frame),
        "watches": len(watches.frame),
        "interactions": len(interactions),
        "absorbed": {"ratings": ratings.absorbed, "watched_minutes": watches.absorbed},
        "users": len(rising(interactions["user_id"].to_numpy())),
        "movies": int(interactions["movie_id"].nunique()),
    }
    return TrainingData(interactions, movies, USERS.read(catalog), facts)
