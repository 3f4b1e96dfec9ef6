"""Titles that would like to be code, in a browser that would run it."""

from collections.abc import Iterator

import pytest

from app.model_format import Movies
from tests.support.browser.visitor import Visitor
from tests.support.models import Size, make_movies, write_model
from tests.support.server import serving

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>document.title='taken'</script>",
    "<img src=//other.example/x onerror=\"document.title='taken'\">",
    "\"><a href=javascript:alert(1)>'",
    "{{ 7 * 7 }}\u202egnirts",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    size = Size(neighbours=40)
    movies = make_movies(size)
    titles = [f"{HOSTILE[at % len(HOSTILE)]} {at} (1999)" for at in range(size.movies)]
    genres = ["<script>document.title='taken'</script>", *movies.genres[1:]]
    write_model(folder / "model", size, movies=Movies(movies.ids, titles, genres))
    with serving(folder / "log", {"MODEL_DIR": str(folder / "model"), "WORKERS": "1"}) as server:
        yield server.url


@pytest.mark.parametrize(
    "path", ["/", "/?user=1", "/similar/film+3+1953", "/tracks/stable?user=1&movies=%3Cb%3E"]
)
def test_hostile_titles_are_read_and_not_run(visitor: Visitor, path: str) -> None:
    page = visitor.page()
    page.goto(path)
    text = page.get_by_role("main").inner_text()
    assert "<script>document.title='taken'</script>" in text
    assert "{{ 7 * 7 }}" in text
    assert "taken" not in page.title()
    assert page.locator("main script, main img, main [onerror]").count() == 0
