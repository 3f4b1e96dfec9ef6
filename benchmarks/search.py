"""`python -m benchmarks.search [TITLES]`: what a question costs in an index of made-up titles."""

import os
import sys
import time
from collections.abc import Sequence

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in a worker

import numpy as np

from auto_deployment.simulate.platform.titles import make_movie_ids, make_title
from auto_deployment.simulate.platform.vocabulary import GENRES
from benchmarks.report import say
from search.asked.questions import Made, halves, make_questions
from search.build import build
from search.embedding import open_embedding
from search.local import LocalSearch
from search.movies import Movie
from search.settings import BuildSettings

TITLES = 100_000
ASKED = 100  # of each kind


def made_up(count: int) -> list[Movie]:
    """Return so many movies with made-up titles, years and genres; the same ones each time."""
    rng = np.random.default_rng(1)
    names = list(GENRES)
    years = rng.integers(1930, 2026, count).tolist()
    ids = make_movie_ids(rng, years, odd_share=0.05, no_year_share=0.02)
    genres = [tuple(names[one] for one in rng.choice(len(names), rng.integers(1, 4), False)) for _ in ids]
    columns = zip(ids, years, genres, strict=True)
    return [Movie(movie_id, make_title(movie_id), year, listed) for movie_id, year, listed in columns]


def cost_us(search: LocalSearch, questions: Sequence[Made]) -> float:
    """Return microseconds of processor for a question, all of its parts in one process."""
    search.find(questions[0].text, 20)
    before = time.process_time()
    for question in questions:
        search.find(question.text, 20)
    return (time.process_time() - before) / len(questions) * 1e6


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TITLES
    movies, embedding = made_up(count), open_embedding()
    before = time.process_time()
    built = build(movies, embedding, BuildSettings())
    search = built.search(embedding)
    manifest = built.head.manifest
    say(
        f"{count:,} titles built in {time.process_time() - before:.0f} s of processor: {manifest['clusters']}"
    )
    sizes = [
        f"{(part.vectors.nbytes + part.rows.nbytes + part.years.nbytes) / 1e6:.1f}" for part in search.parts
    ]
    head = sum(array.nbytes for array in built.head.arrays.values()) / 1e6
    say(f"vectors of the shards: {', '.join(sizes)} MB; arrays of the gateway: {head:.1f} MB")
    asked = make_questions(halves(movies)[1], 2, ASKED)
    for kind, questions in asked.items():
        say(f"{kind:24} {cost_us(search, questions):9.0f} us of processor a question")
    mean = cost_us(search, [one for questions in asked.values() for one in questions])
    say(f"{'all':24} {mean:9.0f} us; the earlier way took 290,000: {290_000 / mean:.0f} times less")
    return 0


if __name__ == "__main__":
    sys.exit(main())
