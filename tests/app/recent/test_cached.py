"""Lists that were computed are kept, and never given out when they would be computed otherwise now."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.artifact import load
from app.config import Settings
from app.recent.cached import HIT, MISS, CachedLists
from app.recent.events import Forgotten, RecentEvent
from app.recent.lists import RecentLists
from app.recent.opening import open_store
from app.recent.port import ModelLists
from app.recent.reader import RecentReader
from app.recommender import POPULAR, Recommender
from app.scoring.item_part import Later
from app.scoring.ordering import Scores

NOW = 1_790_000_000


class Counting(Recommender):
    """Says how often it scored."""

    scored = 0

    def scores(self, user_row: int, later: Later | None = None) -> Scores:
        self.scored += 1
        return super().scores(user_row, later)


@pytest.fixture
def recommender(model_dir: Path) -> Counting:
    return Counting(load(model_dir))


@pytest.fixture
def outside(recommender: Recommender) -> int:
    """Return a user with a list of his own that is not stored."""
    arrays = recommender.model.arrays
    users: list[int] = arrays["user_ids"].tolist()
    return next(
        u for row, u in enumerate(users) if recommender.is_personal(row) and not recommender.has_stored(row)
    )


def held(folder: Path, did: RecentEvent | Forgotten) -> None:
    store = open_store(folder, 8)
    if isinstance(did, Forgotten):
        store.forget_user(did)
    else:
        store.apply([did], 0)
    store.put({"status": {"until_s": NOW}})
    store.close()


def test_asked_again_it_is_not_computed_again(recommender: Counting, outside: int) -> None:
    counts = Counter[str]()
    cached, plain = CachedLists(ModelLists(), 9, lambda one: counts.update([one])), ModelLists()
    wishes: list[dict[str, Any]] = [{"n": 7}, {"n": 8}, {"exclude": (recommender.movie_ids[0],)}, {}]
    for _ in range(2):
        for wish in wishes:
            assert cached.recommend(recommender, outside, **wish) == plain.recommend(
                recommender, outside, **wish
            )
    assert counts == {MISS: len(wishes), HIT: len(wishes)}
    assert recommender.scored == 3 * len(wishes)  # twice without, once with


def test_another_model_is_asked_anew(recommender: Counting, outside: int, model_dir: Path) -> None:
    cached = CachedLists(ModelLists(), 9, lambda one: None)
    cached.recommend(recommender, outside)
    other = Counting(load(model_dir))
    cached.recommend(other, outside)
    assert other.scored == 1


def test_what_a_user_does_and_to_be_forgotten_count_at_once(
    recommender: Counting, outside: int, tmp_path: Path
) -> None:
    reader = RecentReader(tmp_path, lambda: NOW)
    lists = RecentLists(reader)
    cached = CachedLists(lists, 9, lambda one: None)
    before = cached.recommend(recommender, outside, 5)
    held(tmp_path, RecentEvent(NOW, outside, recommender.movie_ids[before.rows[0]], finished=True))
    cached.refresh()
    after = cached.recommend(recommender, outside, 5)
    assert before.rows[0] not in after.rows
    assert after == lists.recommend(recommender, outside, 5)
    held(tmp_path, Forgotten(NOW, outside))
    cached.refresh()
    assert cached.recommend(recommender, outside, 5).source == POPULAR
    reader.close()


def test_the_least_used_goes_and_stored_and_popular_lists_take_no_place(
    recommender: Counting, outside: int
) -> None:
    counts = Counter[str]()
    cached = CachedLists(ModelLists(), 2, lambda one: counts.update([one]))
    for n in (5, 6, 5, 7, 5, 6):
        cached.recommend(recommender, outside, n)
    assert counts == {MISS: 4, HIT: 2}
    arrays = recommender.model.arrays
    stored = next(user for row, user in enumerate(arrays["user_ids"].tolist()) if recommender.has_stored(row))
    for user in (stored, max(arrays["user_ids"].tolist()) + 1):
        cached.recommend(recommender, user, 5)
        cached.recommend(recommender, user, 5)
    assert counts.total() == 6


def test_an_instance_counts_hits_and_misses_where_it_is_asked_to_keep_lists(
    model_dir: Path, outside: int
) -> None:
    for kept, hits, misses in ((0, 0, 0), (10, 2, 1)):
        client = create_app(Settings(model_dir=model_dir, list_cache=kept)).test_client()
        bodies = {client.get(f"/recommend/{outside}").data for _ in range(3)}
        assert len(bodies) == 1
        page = client.get("/metrics").text
        assert f'marquee_list_cache_total{{outcome="hit",track="stable"}} {hits:.1f}' in page
        assert f'marquee_list_cache_total{{outcome="miss",track="stable"}} {misses:.1f}' in page
