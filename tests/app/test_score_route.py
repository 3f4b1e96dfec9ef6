"""What a user's list would order some movies by, for who orders them by something else as well."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.artifact import load
from app.config import Settings
from app.factory import instance_of
from app.parameters import MAX_SCORED
from app.recent.events import Forgotten, RecentEvent
from app.recent.lists import RecentLists
from app.recent.opening import open_store
from app.recent.reader import RecentReader
from app.recommender import Recommender

NOW = 1_790_000_000
STORED, COMPUTED, SELDOM, UNKNOWN = 7, 31, 10, 999


@pytest.fixture(scope="module")
def recommender(item_model_dir: Path) -> Recommender:
    return Recommender(load(item_model_dir))


@pytest.fixture
def client(item_model_dir: Path) -> FlaskClient:
    return create_app(Settings(model_dir=item_model_dir, code_revision="abc1234")).test_client()


def ask(client: FlaskClient, user: object, *movies: str) -> dict[str, object]:
    answer = client.get(f"/score/{user}?movies={','.join(movies)}")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    content: dict[str, object] = answer.get_json()
    return content


def test_scores_are_those_that_a_list_is_ordered_by(client: FlaskClient, recommender: Recommender) -> None:
    listed = recommender.recommend(COMPUTED, 20).rows
    ids = [recommender.movie_ids[row] for row in reversed(listed)]
    content = ask(client, COMPUTED, *ids)
    assert content["personal"] is True
    assert content["model_version"] == recommender.model.version
    scores = content["scores"]
    assert isinstance(scores, list)
    assert scores == sorted(scores)
    row = recommender.user_row(COMPUTED)
    assert row is not None
    assert scores == pytest.approx(recommender.scores(row)[listed[::-1]].tolist(), abs=1e-5)


def test_what_was_seen_has_a_score_and_what_the_model_lacks_has_none(
    client: FlaskClient, recommender: Recommender
) -> None:
    row = recommender.user_row(STORED)
    assert row is not None
    seen = [recommender.movie_ids[one] for one in recommender.seen_rows(row)]
    scores = ask(client, STORED, seen[0], "not+there+1999", "", seen[1], seen[0])["scores"]
    assert isinstance(scores, list)
    assert [isinstance(one, float) for one in scores] == [True, False, False, True, True]
    assert scores[0] == scores[4]


@pytest.mark.parametrize("user", [SELDOM, UNKNOWN, 0, "9" * 200, "0" * 200])
def test_who_gets_a_popular_list_has_no_scores(client: FlaskClient, user: object) -> None:
    content = ask(client, user, "film+3+1953")
    assert (content["personal"], content["scores"]) == (False, None)


def test_leading_zeros_name_the_same_user(client: FlaskClient) -> None:
    assert ask(client, f"000{STORED}", "film+3+1953") == ask(client, STORED, "film+3+1953")


def test_without_movies_it_says_whether_there_would_be_scores(client: FlaskClient) -> None:
    assert ask(client, STORED)["scores"] == []
    assert ask(client, UNKNOWN)["scores"] is None


@pytest.mark.parametrize(
    "address",
    [f"/score/{STORED}?movies={','.join(['a'] * (MAX_SCORED + 1))}", f"/score/{STORED}?movies=a&movies=b",
     "/score/-7?movies=a", "/score/x"],
)  # fmt: skip
def test_what_cannot_be_read_gets_a_sentence(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.get_json()["detail"].endswith(".")


def test_the_metrics_name_the_rule_and_no_user(client: FlaskClient) -> None:
    ask(client, 4711, "film+3+1953")
    page = client.get("/metrics").get_data(as_text=True)
    assert 'url_rule="/score/<user>"' in page
    assert "4711" not in page


@pytest.fixture
def recent(tmp_path: Path, recommender: Recommender) -> Iterator[RecentLists]:
    """Lists that know of a new user who has done much, of a known one who did, and of a forgotten one."""
    store = open_store(tmp_path / "recent", 32)
    titles = {UNKNOWN: range(50, 134, 7), COMPUTED: (3, 150)}
    store.apply(
        [
            RecentEvent(NOW - 3600 * age, user, recommender.movie_ids[row], finished=True)
            for user, rows in titles.items()
            for age, row in enumerate(rows)
        ],
        0,
    )
    store.forget_user(Forgotten(NOW, STORED))
    store.put({"status": {"until_s": NOW}})
    store.close()
    reader = RecentReader(tmp_path / "recent", lambda: NOW + 3)
    lists = RecentLists(reader)
    lists.refresh()
    yield lists
    reader.close()


@pytest.mark.parametrize("user", [COMPUTED, UNKNOWN])
def test_what_was_done_since_counts_as_in_the_list(
    recent: RecentLists, recommender: Recommender, user: int
) -> None:
    answer = recent.recommend(recommender, user, 20)
    assert answer.scores is not None
    scores = recent.scores(recommender, user, answer.rows)
    assert scores == pytest.approx(answer.scores, abs=1e-5)
    row = recommender.user_row(user)
    assert row is None or scores != pytest.approx(recommender.score_rows(row, answer.rows), abs=1e-5)


def test_who_is_forgotten_has_no_scores(
    recent: RecentLists, recommender: Recommender, client: FlaskClient
) -> None:
    assert recommender.user_row(STORED) is not None
    assert recent.scores(recommender, STORED, [3]) is None
    assert recent.scores(recommender, STORED + 1, [3]) is not None


def test_kept_lists_score_as_those_behind_them(item_model_dir: Path, recommender: Recommender) -> None:
    app = create_app(Settings(model_dir=item_model_dir, list_cache=10))
    assert instance_of(app).lists.scores(recommender, COMPUTED, [3, 5]) == recommender.score_rows(
        recommender.user_row(COMPUTED), [3, 5]
    )
