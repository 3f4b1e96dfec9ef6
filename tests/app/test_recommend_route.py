"""GET /recommend/<user>: the serving contract."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.artifact import load
from app.config import Settings
from app.parameters import read_user
from app.recommender import Recommender
from tests.app.conftest import VERSION
from tests.support.models import Size


def ids(text: str) -> list[str]:
    return text.split(",") if text else []


def test_the_answer_is_one_line_of_ids_best_first(client: FlaskClient, recommender: Recommender) -> None:
    answer = client.get("/recommend/7")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    rows = recommender.recommend(7).rows
    assert answer.text == ",".join(recommender.movie_ids[row] for row in rows)
    assert len(rows) == 20


@pytest.mark.parametrize(
    ("user", "source"), [(7, "personal"), (31, "personal"), (10, "popular"), (99, "popular")]
)
def test_the_headers_say_where_the_answer_comes_from(client: FlaskClient, user: int, source: str) -> None:
    headers = client.get(f"/recommend/{user}").headers
    assert headers["X-Recommendation-Source"] == source
    assert headers["X-Model-Version"] == VERSION
    assert headers["X-Release"] == f"{VERSION}-abc1234"
    assert headers["X-Release-Track"] == "canary"


def test_json_holds_the_same_list_and_where_it_comes_from(client: FlaskClient) -> None:
    line = ids(client.get("/recommend/7").text)
    answer = client.get("/recommend/7", headers={"Accept": "application/json"})
    assert answer.headers["Content-Type"] == "application/json"
    content = json.loads(answer.data)
    items = content.pop("items")
    assert content == {
        "user": "7",
        "model_version": VERSION,
        "release": f"{VERSION}-abc1234",
        "track": "canary",
        "source": "personal",
    }
    assert [item["movie_id"] for item in items] == line
    assert items[0]["title"].startswith("Film ")
    assert [item["score"] for item in items] == sorted((item["score"] for item in items), reverse=True)


def test_json_says_why_a_movie_is_in_a_personal_list(item_model_dir: Path) -> None:
    model, client = load(item_model_dir), create_app(Settings(model_dir=item_model_dir)).test_client()
    recommender = Recommender(model)
    content = client.get("/recommend/7", headers={"Accept": "application/json"}).get_json()
    reasons = recommender.reasons(6, recommender.recommend(7))
    assert reasons is not None
    assert [item["because"] for item in content["items"]] == [
        [
            {"movie_id": model.movies.ids[row], "title": model.movies.titles[row], "share": share}
            for row, share in one.titles
        ]
        for one in reasons
    ]
    seen = {model.movies.ids[row] for row in recommender.seen_rows(6)}
    named = [one for item in content["items"] for one in item["because"]]
    assert len(named) > 10
    assert {one["movie_id"] for one in named} <= seen
    assert all(0 < one["share"] <= 1 and round(one["share"], 3) == one["share"] for one in named)
    for user in (10, 99):
        items = client.get(f"/recommend/{user}", headers={"Accept": "application/json"}).get_json()["items"]
        assert not any("because" in item for item in items)


def test_json_has_no_reasons_to_tell_where_the_model_cannot_tell(client: FlaskClient) -> None:
    content = client.get("/recommend/7", headers={"Accept": "application/json"}).get_json()
    assert [item["because"] for item in content["items"]] == [[]] * 20


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/plain;q=0.5, application/json", "application/json"),
        ("application/json;q=0.5, text/plain", "text/plain"),
        ("application/json;q=0.5, */*", "text/plain"),
        ("application/json;q=0", "text/plain"),
        ("application/problem+json", "text/plain"),
        ("*/*", "text/plain"),
        ("image/png", "text/plain"),
        (";;;q=json", "text/plain"),
        ("", "text/plain"),
    ],
)
def test_json_is_for_those_who_prefer_it(client: FlaskClient, accept: str, kind: str) -> None:
    answer = client.get("/recommend/7", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == kind


@pytest.mark.parametrize("user", ["0", "51", str(2**63), "9" * 30, "9" * 5000, "00000099"])
def test_any_run_of_digits_is_a_user(client: FlaskClient, user: str) -> None:
    answer = client.get(f"/recommend/{user}")
    assert answer.status_code == 200
    assert answer.headers["X-Recommendation-Source"] == "popular"
    assert len(ids(answer.text)) == 20


def test_user_ids_fill_64_bits_and_anything_beyond_is_nobody() -> None:
    assert read_user(str(2**63 - 1)) == 2**63 - 1
    assert read_user(str(2**63)) == 2**63
    assert read_user("1" + "0" * 5000) == 2**63


@pytest.mark.parametrize(("user", "same"), [("007", "7"), ("0" * 5000 + "7", "7"), ("000", "0")])
def test_leading_zeros_name_the_same_user(client: FlaskClient, user: str, same: str) -> None:
    accept = {"Accept": "application/json"}
    found = client.get(f"/recommend/{user}", headers=accept)
    assert found.data == client.get(f"/recommend/{same}", headers=accept).data
    assert json.loads(found.data)["user"] == same


@pytest.mark.parametrize(
    "user", ["-1", "+1", "abc", "1e3", "1.0", " 1", "1\n", "٤٢", "²", "1,2", "0x1", "\x00", "1 "]
)
def test_anything_else_is_refused_with_a_sentence(client: FlaskClient, user: str) -> None:
    answer = client.get(f"/recommend/{quote(user)}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.data)["detail"].startswith("A user id is a run of digits, not ")
    assert answer.headers["X-Model-Version"] == VERSION


@pytest.mark.parametrize("n", [1, 20, 100])
@pytest.mark.parametrize("user", [7, 31, 10, 99])
def test_n_is_the_length_of_the_list(client: FlaskClient, user: int, n: int) -> None:
    assert len(ids(client.get(f"/recommend/{user}?n={n}").text)) == n


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("n=0", "n is a whole number from 1 to 100, not '0'."),
        ("n=101", "n is a whole number from 1 to 100, not '101'."),
        ("n=-1", "n is"),
        ("n=", "n is"),
        ("n=ten", "n is"),
        ("n=1.5", "n is"),
        ("n=%2B5", "n is"),
        ("n=٤", "n is"),
        ("n=" + "9" * 5000, "n is"),
        ("n=1&n=2", "n is given 2 times: give it once."),
        ("exclude=a&exclude=b", "exclude is given 2 times"),
        ("genre=Horror&genre=Drama", "genre is given 2 times"),
        ("exclude=" + ",".join("m" * 201), "exclude takes up to 200 movie ids, not 201."),
        ("genre=Western", "No movie has the genre 'Western'; there are Comedy, Drama, Horror, Sci-Fi."),
        ("genre=", "No movie has the genre ''"),
    ],
)
@pytest.mark.parametrize("user", [7, 99])
def test_a_bad_parameter_is_refused_with_a_sentence(
    client: FlaskClient, user: int, query: str, sentence: str
) -> None:
    answer = client.get(f"/recommend/{user}?{query}")
    assert answer.status_code == 400
    problem = json.loads(answer.data)
    assert problem["detail"].startswith(sentence)
    assert problem["status"] == 400
    assert problem["title"] == "Bad Request"


@pytest.mark.parametrize("user", [7, 31, 10, 99])
@pytest.mark.parametrize("plus", ["+", "%2B", "%2b"])
def test_excluded_movies_are_left_out_however_their_plus_is_written(
    client: FlaskClient, user: int, plus: str
) -> None:
    usual = ids(client.get(f"/recommend/{user}?n=25").text)
    excluded = ",".join(usual[:5]).replace("+", plus)
    assert ids(client.get(f"/recommend/{user}?exclude={excluded}").text) == usual[5:]


@pytest.mark.parametrize("user", [7, 31, 10, 99])
def test_200_movies_can_be_excluded(client: FlaskClient, recommender: Recommender, user: int) -> None:
    excluded = list(recommender.movie_ids[:180]) + ["unknown+movie+1900"] * 20
    found = ids(client.get(f"/recommend/{user}?exclude={','.join(excluded)}").text)
    assert set(found) <= set(recommender.movie_ids[180:])
    assert 10 <= len(found) <= 20


@pytest.mark.parametrize(
    "query", ["exclude=", "exclude=,,", "utm=1", "genre=horror", "exclude=%FF%00", "&&=&"]
)
def test_harmless_queries_are_answered(client: FlaskClient, query: str) -> None:
    assert client.get(f"/recommend/7?{query}").status_code == 200


@pytest.mark.parametrize("user", [7, 31, 10, 99])
def test_a_genre_narrows_the_list(client: FlaskClient, recommender: Recommender, user: int) -> None:
    mask = recommender.model.arrays["genre_mask"][recommender.genre_row("Sci-Fi")]
    found = ids(client.get(f"/recommend/{user}?genre=Sci-Fi").text)
    assert len(found) == 20
    assert all(mask[recommender.movie_row(movie)] for movie in found)


def test_nobody_gets_a_title_of_the_training_data(
    client: FlaskClient, recommender: Recommender, size: Size
) -> None:
    for user in range(1, size.users + 1):
        row = recommender.user_row(user)
        assert row is not None
        seen = {recommender.movie_ids[one] for one in recommender.seen_rows(row)}
        for query in ("", "?n=100", "?genre=Drama"):
            assert not seen & set(ids(client.get(f"/recommend/{user}{query}").text))


def test_head_is_get_without_the_body(client: FlaskClient) -> None:
    get, head = client.get("/recommend/7"), client.head("/recommend/7")
    assert head.status_code == 200
    assert head.data == b""
    assert head.headers == get.headers
