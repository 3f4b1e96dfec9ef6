"""The serving model's popular titles as the list that NGINX answers with, in a local run."""

from pathlib import Path

from app.recommender import Recommender
from auto_deployment.edge.static_list import LENGTH, Popular, write


def publish(recommender: Recommender, release: str, folder: Path) -> None:
    """Write the list of a model and point NGINX at it."""
    movies = recommender.model.movies
    rows = recommender.popular(LENGTH).rows
    scores = recommender.score_rows(None, rows)
    items = tuple(
        {"movie_id": movies.ids[row], "title": movies.titles[row], "score": score}
        for row, score in zip(rows, scores, strict=True)
    )
    write(Popular(recommender.model.version, release, items), folder)
