"""What two models show the same users, in numbers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.recommender import Recommender
from auto_deployment.training.gate.lists.catalogue import Catalogue, merge_catalogues
from auto_deployment.training.gate.lists.measures import (
    Floats,
    genre_shares,
    mean_popularity,
    moved,
    overlap,
    rank_biased_overlap,
    shown_counts,
)
from auto_deployment.training.gate.lists.served import Served, ask_both

GENRES_NAMED = 5


@dataclass(frozen=True, slots=True)
class Sides:
    """The same figure of both models."""

    champion: float
    challenger: float


@dataclass(frozen=True, slots=True)
class ListDifference:
    """Means over the users asked; `genres` are the largest moves: name, share before, share now."""

    users: int
    unknown_to_champion: int
    unknown_to_challenger: int
    overlap: float  # share of 20
    rbo: float
    unchanged: float  # share of users who are shown the same titles in the same order
    popularity: Sides  # mean log2(1 + training events) of what is shown
    genre_distance: float
    genres: tuple[tuple[str, float, float], ...]
    shown: Sides  # different titles
    coverage: Sides  # the same as a share of each model's movies

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Compared:
    """The figures with what they are made of: lists of rows of the catalogue, and the RBO of each pair."""

    found: ListDifference
    catalogue: Catalogue
    served: Served
    champion: list[list[int]]
    challenger: list[list[int]]
    rbo: list[float]


def compare_lists(champion: Recommender, challenger: Recommender, users: int, seed: int) -> Compared:
    """Ask both models and measure how their answers differ; nothing depends on chance or on the clock."""
    catalogue = merge_catalogues(champion.model, challenger.model)
    served = ask_both(champion, challenger, users, seed)
    rows = catalogue.row_of_champion
    before = [rows[answer.rows].tolist() for answer in served.champion]
    now = [answer.rows for answer in served.challenger]
    rbo = [rank_biased_overlap(*pair) for pair in zip(before, now, strict=True)]
    counts = [shown_counts(lists, len(catalogue.ids)) for lists in (before, now)]
    genres = [genre_shares(count, catalogue.genres) for count in counts]
    shown = [int(np.count_nonzero(count)) for count in counts]
    found = ListDifference(
        users=len(served.user_ids),
        unknown_to_champion=_unknown(champion, served),
        unknown_to_challenger=_unknown(challenger, served),
        overlap=_mean([overlap(*pair) for pair in zip(before, now, strict=True)]),
        rbo=_mean(rbo),
        unchanged=_mean([float(one == other) for one, other in zip(before, now, strict=True)]),
        popularity=Sides(*(mean_popularity(count, catalogue.events) for count in counts)),
        genre_distance=moved(*genres),
        genres=_largest_moves(catalogue.genre_names, *genres),
        shown=Sides(*map(float, shown)),
        coverage=Sides(
            *(
                count / max(len(one.movie_ids), 1)
                for count, one in zip(shown, (champion, challenger), strict=True)
            )
        ),
    )
    return Compared(found, catalogue, served, before, now, rbo)


def _unknown(recommender: Recommender, served: Served) -> int:
    return sum(recommender.user_row(user) is None for user in served.user_ids)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0


def _largest_moves(names: Sequence[str], before: Floats, now: Floats) -> tuple[tuple[str, float, float], ...]:
    order = np.argsort(-np.abs(now - before), kind="stable")[:GENRES_NAMED]
    return tuple(
        (names[one], float(before[one]), float(now[one])) for one in order if before[one] != now[one]
    )
