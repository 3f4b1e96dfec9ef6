"""What a list is once the store knows what its user did."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from app import create_app
from app.artifact import load
from app.config import Settings
from app.factory import instance_of
from app.recent.events import RecentEvent
from app.recent.lists import Learnt, RecentLists
from app.recent.opening import open_store
from app.recent.port import Age
from app.recent.reader import RecentReader
from app.recent.rows import Held
from app.recommender import PERSONAL, POPULAR, Recommender

NOW = 1_790_000_000
STORED, COMPUTED, SELDOM, UNKNOWN = 7, 31, 10, 999
Watched = dict[int, list[int]]


@pytest.fixture(scope="module")
def recommender(item_model_dir: Path) -> Recommender:
    return Recommender(load(item_model_dir))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recent"


def watch(folder: Path, recommender: Recommender, watched: Watched) -> RecentLists:
    """Return lists that know what some users have watched to the end, the last one first."""
    store = open_store(folder, 32)
    store.apply(
        [
            RecentEvent(NOW - 3600 * age, user, recommender.movie_ids[row], finished=True)
            for user, rows in watched.items()
            for age, row in enumerate(rows)
        ],
        0,
    )
    store.put({"status": {"until_s": NOW}})
    store.close()
    lists = RecentLists(RecentReader(folder, lambda: NOW + 3))
    lists.refresh()
    return lists


def new_for(recommender: Recommender, user: int, count: int) -> list[int]:
    row = recommender.user_row(user)
    seen = set() if row is None else set(recommender.seen_rows(row).tolist())
    return [movie for movie in range(50, 200, 7) if movie not in seen][:count]


def test_who_did_nothing_since_gets_what_the_model_says(folder: Path, recommender: Recommender) -> None:
    lists = watch(folder, recommender, {STORED: [3]})
    for user in (COMPUTED, SELDOM, UNKNOWN, 2**63):
        assert lists.recommend(recommender, user) == recommender.recommend(user)


def test_a_stored_list_is_used_without_what_was_watched(folder: Path, recommender: Recommender) -> None:
    before = recommender.recommend(STORED, 30).rows
    lists = watch(folder, recommender, {STORED: before[:3]})
    assert lists.recommend(recommender, STORED, 20).rows == before[3:23]


def test_a_stored_list_that_has_too_few_left_gives_way_to_a_computed_one(
    folder: Path, recommender: Recommender
) -> None:
    before = recommender.recommend(STORED, 100).rows
    lists = watch(folder, recommender, {STORED: before[:90]})
    answer = lists.recommend(recommender, STORED, 20)
    assert len(answer.rows) == 20
    assert answer.source == PERSONAL
    assert not {*before[:90]} & {*answer.rows}


def test_a_computed_list_takes_in_what_is_new_as_training_would(
    folder: Path, recommender: Recommender
) -> None:
    new = new_for(recommender, COMPUTED, 3)
    lists = watch(folder, recommender, {COMPUTED: new})
    answer = lists.recommend(recommender, COMPUTED, 10)
    row = recommender.user_row(COMPUTED)
    assert row is not None
    arrays = recommender.model.arrays
    scores = recommender.scores(row).astype(np.float64)
    for movie in new:  # no half-life in this model: each weighs 1
        part = slice(arrays["item_indptr"][movie], arrays["item_indptr"][movie + 1])
        weight = arrays["user_item"][row]
        scores[arrays["item_neighbours"][part]] += weight * arrays["item_weights"][part].astype(np.float64)
    scores[new] = -np.inf
    assert answer.rows == np.argsort(-scores)[:10].tolist()
    assert answer.scores == pytest.approx(np.sort(scores)[::-1][:10].tolist(), abs=1e-5)
    assert answer.rows != recommender.recommend(COMPUTED, 10).rows


@pytest.mark.parametrize("user", [UNKNOWN, SELDOM])
def test_with_few_events_popularity_is_what_a_new_user_gets_without_what_was_seen(
    folder: Path, recommender: Recommender, user: int
) -> None:
    popular = recommender.recommend(user, 30).rows
    lists = watch(folder, recommender, {UNKNOWN: popular[:5], SELDOM: popular[:0]})
    answer = lists.recommend(recommender, user, 10)
    assert answer.source == POPULAR
    assert answer.rows == (popular[5:15] if user == UNKNOWN else popular[:10])


def test_with_enough_events_a_new_user_has_a_list_of_his_own(folder: Path, recommender: Recommender) -> None:
    new = new_for(recommender, UNKNOWN, 12)
    lists = watch(folder, recommender, {UNKNOWN: new})
    answer = lists.recommend(recommender, UNKNOWN, 20)
    assert answer.source == PERSONAL
    assert not {*new} & {*answer.rows}
    assert answer.rows != [row for row in recommender.popular(40).rows if row not in new][:20]


def test_excluded_titles_and_genres_count_as_before(folder: Path, recommender: Recommender) -> None:
    for user in (STORED, COMPUTED, UNKNOWN):
        watched = recommender.recommend(user, 40).rows[:12]
        lists = watch(folder, recommender, {user: watched})
        plain = lists.recommend(recommender, user, 20).rows
        gone = [recommender.movie_ids[row] for row in plain[:4]]
        answer = lists.recommend(recommender, user, 20, gone, "drama")
        assert not {*watched, *plain[:4]} & {*answer.rows}
        assert len(answer.rows) == 20
        mask = recommender.model.arrays["genre_mask"][recommender.genre_row("drama")]
        assert mask[answer.rows].all()
        lists._reader.close()


def test_titles_that_the_model_has_not_change_nothing(folder: Path, recommender: Recommender) -> None:
    store = open_store(folder, 32)
    store.apply([RecentEvent(NOW, STORED, "not+in+the+model+2031", finished=True)], 0)
    store.close()
    lists = RecentLists(RecentReader(folder))
    lists.refresh()
    assert lists.recommend(recommender, STORED) == recommender.recommend(STORED)


def test_what_a_title_says_is_the_mean_of_what_is_known() -> None:
    learnt = Learnt(10, 2, ((1, 2.0), (5, 0.5)), 10)
    assert learnt.strength(Held(1, 1)) == 0
    assert learnt.strength(Held(1, 1, finished=True)) == 1
    assert learnt.strength(Held(1, 1, rating=120)) == 0.25
    assert learnt.strength(Held(1, 1, True, 120)) == 0.625
    assert learnt.fade(10) == 0.5
    assert [learnt.weights(events).popular for events in (0, 1, 4, 5, 99)] == [0, 2, 2, 0.5, 0.5]


def test_the_manifest_says_from_how_many_events_on_a_list_is_a_users_own() -> None:
    assert Learnt.of({"scalars": {"min_events": 2}}).own_list_events == 10
    assert Learnt.of({"scalars": {"min_events": 20}}).own_list_events == 20
    assert Learnt.of({"scalars": {"min_events": 20, "own_list_events": 3}}).own_list_events == 3


def test_the_manifest_says_of_what_a_list_of_ones_own_is_made() -> None:
    choice = {"item_weight": 0.25, "popular_weights": {"1": 0.5}, "own_popular_weights": {"1": 2.0, "5": 1.0}}
    scalars = {"min_events": 2, "als_regularization": 7.0, "als_confidence_gain": 10.0}
    learnt = Learnt.of({"scalars": scalars, "choice": choice})
    assert [learnt.weights(events) for events in (1, 5)] == [(0.75, 0.25, 2), (0.75, 0.25, 1)]
    assert Learnt.of({"scalars": scalars, "choice": {"item_weight": 1.0}}).weights(5) == (0, 1, 0)


def test_a_model_of_the_version_before_makes_own_lists_of_items_and_the_popularity_of_all() -> None:
    choice = {"item_weight": 0.25, "popular_weights": {"1": 0.5}}
    learnt = Learnt.of({"scalars": {"min_events": 2}, "choice": choice})
    assert learnt.weights(5) == (0, 1, 0.5)


@pytest.fixture
def client(folder: Path, item_model_dir: Path, recommender: Recommender) -> Iterator[FlaskClient]:
    lists = watch(folder, recommender, {STORED: recommender.recommend(STORED).rows[:1]})
    lists._reader.close()
    app = create_app(Settings(model_dir=item_model_dir, recent_dir=folder))
    instance_of(app).lists.refresh()
    yield app.test_client()
    lists = instance_of(app).lists  # type: ignore[assignment]
    lists._reader.close()


def test_answers_say_how_old_what_they_know_is(client: FlaskClient) -> None:
    for headers in ({}, {"Accept": "application/json"}):
        found = client.get(f"/recommend/{STORED}", headers=headers)
        assert int(found.headers["X-Recommendation-Fresh"]) >= 0
    assert "X-Recommendation-Fresh" not in client.get("/popular").headers
    version = client.get("/version").get_json()["recent"]
    assert version["age_s"] >= 0
    assert b"\nmarquee_recent_age_seconds " in client.get("/metrics").data


@pytest.mark.parametrize("user", [STORED, COMPUTED, UNKNOWN])
def test_what_is_answered_before_flask_is_answered_as_by_flask(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    instance_of(client.application).lists.age = Age.of(7)  # type: ignore[misc]  # a second may pass
    hot = client.get(f"/recommend/{user}")
    monkeypatch.setattr("app.hot_route.user_of", lambda environ: None)
    plain = client.get(f"/recommend/{user}")
    assert (list(hot.headers), hot.data) == (list(plain.headers), plain.data)
    assert hot.headers["X-Recommendation-Fresh"] == "7"


def test_json_says_the_same_list(client: FlaskClient, recommender: Recommender) -> None:
    line = client.get(f"/recommend/{STORED}").text
    items = client.get(f"/recommend/{STORED}", headers={"Accept": "application/json"}).get_json()["items"]
    assert line.split(",") == [item["movie_id"] for item in items]


def test_without_a_store_nothing_is_said_of_it(item_model_dir: Path) -> None:
    client = create_app(Settings(model_dir=item_model_dir)).test_client()
    assert "X-Recommendation-Fresh" not in client.get(f"/recommend/{STORED}").headers
    assert "recent" not in client.get("/version").get_json()
    assert b"recent" not in client.get("/metrics").data


def test_the_reasons_of_a_new_user_are_titles_watched_since_the_training(
    folder: Path, recommender: Recommender
) -> None:
    new = new_for(recommender, UNKNOWN, 12)
    lists = watch(folder, recommender, {UNKNOWN: new})
    answer = lists.recommend(recommender, UNKNOWN, 10)
    reasons = lists.reasons(recommender, UNKNOWN, answer)
    assert reasons is not None
    for movie, why in zip(answer.rows, reasons, strict=True):
        speaks = {one: max(weight_of(recommender, one, movie), 0) for one in new}
        whole = sum(speaks.values())
        assert why.titles
        for one, share in why.titles:
            assert share == pytest.approx(speaks[one] / whole, abs=0.001)


def test_the_reasons_of_a_computed_list_count_what_is_new(folder: Path, recommender: Recommender) -> None:
    new = new_for(recommender, COMPUTED, 3)
    lists = watch(folder, recommender, {COMPUTED: new})
    answer = lists.recommend(recommender, COMPUTED, 20)
    reasons = lists.reasons(recommender, COMPUTED, answer)
    assert reasons is not None
    named = {title for why in reasons for title, _ in why.titles}
    assert named & set(new)
    row = recommender.user_row(COMPUTED)
    assert row is not None
    assert named <= {*new, *recommender.seen_rows(row).tolist()}


def weight_of(recommender: Recommender, watched: int, movie: int) -> float:
    arrays = recommender.model.arrays
    part = slice(arrays["item_indptr"][watched], arrays["item_indptr"][watched + 1])
    found = arrays["item_weights"][part][arrays["item_neighbours"][part] == movie]
    return float(found.sum())
