"""A catalogue of made-up titles to search in, and an index of it."""

from pathlib import Path

import numpy as np

from auto_deployment.simulate.platform.titles import make_movie_ids, make_title
from auto_deployment.simulate.platform.vocabulary import GENRES
from benchmarks.report import say
from search.build import build
from search.embedding import open_embedding
from search.index_files import publish, read_manifest
from search.index_format import BrokenIndexError
from search.movies import Movie
from search.settings import BuildSettings


def made_up(count: int, seed: int = 1) -> list[Movie]:
    """Return so many movies with made-up titles, years and genres; the same ones each time."""
    rng = np.random.default_rng(seed)
    names = list(GENRES)
    years = rng.integers(1930, 2026, count).tolist()
    ids = make_movie_ids(rng, years, odd_share=0.05, no_year_share=0.02)
    genres = [tuple(names[one] for one in rng.choice(len(names), rng.integers(1, 4), False)) for _ in ids]
    columns = zip(ids, years, genres, strict=True)
    return [Movie(movie_id, make_title(movie_id), year, listed) for movie_id, year, listed in columns]


def made_index(work: Path, movies: list[Movie]) -> Path:
    """Return the folder of an index of them, built by this code unless it is there."""
    named = work / f"search-{len(movies)}-{movies[0].id}"
    try:
        read_manifest(named, open_embedding().name)
    except BrokenIndexError:
        say(f"building an index of {len(movies):,} titles ...")
        built = build(movies, open_embedding(), BuildSettings())
        version = publish(work, built.head, built.clusters)["version"]
        named.unlink(missing_ok=True)
        named.symlink_to(version)
    return named
