"""`python -m benchmarks.search_cost INDEX`: processor time of a question, all of its parts in this process.

INDEX is one of `benchmarks.search_data`. Writes microseconds by kind of question as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in a shard

from benchmarks.search_data import made_up
from search.asked.questions import Made, halves, make_questions
from search.embedding import open_embedding
from search.local import LocalSearch, open_local

ASKED = 100  # of each kind


def questions(titles: int) -> dict[str, list[Made]]:
    """Return questions about movies that nothing was chosen by."""
    return make_questions(halves(made_up(titles))[1], 2, ASKED)


def cost_us(search: LocalSearch, asked: Sequence[Made]) -> float:
    search.find(asked[0].text, 20)
    before = time.process_time()
    for question in asked:
        search.find(question.text, 20)
    return (time.process_time() - before) / len(asked) * 1e6


def main(folder: Path) -> None:
    search = open_local(folder, open_embedding())
    asked = questions(len(search.head.ids))
    json.dump({kind: cost_us(search, one) for kind, one in asked.items()}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
