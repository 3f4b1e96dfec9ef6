"""Load the artefact as the service does and ask it: size, times, wrong lists."""

import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from app.artifact import ArtifactError, load
from app.recommender import PERSONAL, Recommender

LENGTH = 20


@dataclass(frozen=True, slots=True)
class Probe:
    """What asking a model for the lists of some users showed; `error` says why it could not be asked."""

    error: str | None = None
    content_hash: str | None = None
    size_mb: float = 0.0
    load_s: float = 0.0
    users: int = 0
    personal: int = 0
    answer_ms: float = 0.0  # mean
    wrong: int = 0  # lists with a seen title, a title twice, or fewer titles than are left
    commonest: int = 0  # users with the most frequent personal list

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def probe(folder: Path, users: int, seed: int) -> Probe:
    """Open a model and ask for lists of a seeded sample of its users."""
    started = time.perf_counter()
    try:
        recommender = Recommender(load(folder))
    except ArtifactError as error:
        return Probe(error=str(error))
    load_s = time.perf_counter() - started
    ids = recommender.model.arrays["user_ids"]
    some = np.random.default_rng(seed).choice(ids, min(users, len(ids)), replace=False).tolist()
    with threadpool_limits(1, "blas"):  # as it is served
        started = time.perf_counter()
        answers = [recommender.recommend(user, LENGTH) for user in some]
        answer_ms = (time.perf_counter() - started) / max(len(some), 1) * 1000
    personal = [tuple(one.rows) for one in answers if one.source == PERSONAL]
    return Probe(
        content_hash=recommender.model.content_hash,
        size_mb=sum(path.stat().st_size for path in folder.iterdir()) / 1e6,
        load_s=load_s,
        users=len(some),
        personal=len(personal),
        answer_ms=answer_ms,
        wrong=sum(_is_wrong(recommender, user, one.rows) for user, one in zip(some, answers, strict=True)),
        commonest=max(Counter(personal).values(), default=0),
    )


def _is_wrong(recommender: Recommender, user: int, rows: list[int]) -> bool:
    seen = seen_by(recommender, user)
    return bool(seen & set(rows)) or len(set(rows)) != whole_length(recommender, seen)


def seen_by(recommender: Recommender, user: int) -> set[int]:
    """Return the rows of the movies that a user has seen, none of one whom the model does not know."""
    row = recommender.user_row(user)
    return set() if row is None else set(recommender.seen_rows(row).tolist())


def whole_length(recommender: Recommender, seen: set[int]) -> int:
    """Return how many titles a list has to have: fewer than usual only where fewer are left."""
    return min(LENGTH, len(recommender.movie_ids) - len(seen))
