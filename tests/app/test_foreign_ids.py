"""Movie ids with accents and signs, as titles of other languages have them, wherever an id may stand."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings
from app.model_format import Movies
from tests.support.models import GENRES, Size, write_model

SIZE = Size()
FIRST = "l'été+à+tōkyō+1995"


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A service whose movies all have such ids."""
    ids = [FIRST, *(f"žena+{number}+1980" for number in range(1, SIZE.movies))]
    folder = tmp_path_factory.mktemp("models") / "foreign"
    titles = [f"Film {number}" for number in range(SIZE.movies)]
    write_model(folder, SIZE, movies=Movies(ids, titles, list(GENRES)))
    return create_app(Settings(model_dir=folder)).test_client()


def test_lists_are_text_in_utf_8_whose_length_is_right(foreign: FlaskClient) -> None:
    for address in ("/recommend/7", "/recommend/7?n=20", "/popular", "/recommend/999999"):
        answer = foreign.get(address)
        assert answer.status_code == 200
        assert answer.headers["Content-Length"] == str(len(answer.data))
        assert len(answer.data.decode().split(",")) == 20
    assert foreign.get("/recommend/7").data == foreign.get("/recommend/7?n=20").data


def test_an_id_is_understood_in_an_address(foreign: FlaskClient) -> None:
    encoded = quote(FIRST, safe="+")
    assert foreign.get(f"/similar/{encoded}?n=3").status_code == 200
    shown = foreign.get("/popular?n=5").data.decode().split(",")
    left = foreign.get(f"/popular?n=5&exclude={quote(shown[0], safe='+')}").data.decode().split(",")
    assert shown[0] not in left
    assert left[:4] == shown[1:]
    answer = foreign.get("/popular?n=1", headers={"Accept": "application/json"}).get_json()
    assert answer["items"][0]["movie_id"] == shown[0]
