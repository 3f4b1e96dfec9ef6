"""The candidate that the judge has to find: valid in all, and its lists are random among unwatched titles."""

from pathlib import Path

import numpy as np
import pytest

from app.recommender import PERSONAL, POPULAR, Recommender
from app.serving import load_tested
from tests.support.models import Size, write_model
from tests.support.random_lists import make_random

SIZE = Size(users=400, movies=300, stored=200, list_length=60, neighbours=20)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """Open it as an instance does."""
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "good", SIZE)
    make_random(folder / "good", folder / "random", "random-1")
    return load_tested(folder / "random")


def test_lists_are_of_unwatched_titles_and_all_of_them_come_up_about_equally_often(
    served: Recommender,
) -> None:
    shown = np.zeros(SIZE.movies)
    for row, user in enumerate(range(1, SIZE.users + 1)):
        answer = served.recommend(user, 20)
        assert len(set(answer.rows)) == 20
        assert not set(answer.rows) & set(served.seen_rows(row).tolist())
        assert answer.source == (POPULAR if user % 10 == 0 else PERSONAL)
        if answer.source == PERSONAL:
            shown[answer.rows] += 1
    unwatched = sum(SIZE.users * 0.9 - np.bincount(served.model.arrays["seen_items"], minlength=SIZE.movies))
    assert shown.sum() / unwatched == pytest.approx(0.07, abs=0.01)
    # The popular half is shown no more often than the other one, users and titles have nothing in common.
    assert shown[: SIZE.movies // 2].sum() / shown.sum() == pytest.approx(0.5, abs=0.03)
    assert shown.max() < 3 * shown.mean()


def test_a_stored_list_is_what_the_scores_say(served: Recommender) -> None:
    for user in (1, 151):
        assert served.recommend(user, 60).rows == served.best_of(served.scores(user - 1), 60, None)


def test_two_seeds_have_nothing_in_common_and_all_else_is_that_of_the_good_model(tmp_path: Path) -> None:
    good = write_model(tmp_path / "good", SIZE)
    one, other = (
        make_random(tmp_path / "good", tmp_path / f"r{seed}", f"random-{seed}", seed) for seed in (1, 2)
    )
    lists = [model.arrays["top_items"] for model in (good, one, other)]
    for left, right in ((0, 1), (1, 2)):
        same = [
            len(set(a) & set(b)) for a, b in zip(lists[left].tolist(), lists[right].tolist(), strict=True)
        ]
        assert np.mean(same) == pytest.approx(60 * 60 / 290, abs=4)
    for name in ("user_ids", "seen_items", "user_events", "popular_order", "item_popularity"):
        assert (one.arrays[name] == good.arrays[name]).all()
    assert one.manifest["data"] == good.manifest["data"]
    assert one.version == "random-1"
