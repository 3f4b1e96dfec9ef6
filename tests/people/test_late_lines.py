"""Lines of a forgotten user that come in after the wish."""

import threading

import pytest

from auto_deployment.dataset.reading import read_ratings
from auto_deployment.ingest.platform.movie_ids import CatalogueReader
from tests.support.ingest.corrections import correct
from tests.support.ingest.home import Home
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener


def test_they_count_for_nothing_and_the_platform_is_not_asked_about_the_user(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[int] = set()
    monkeypatch.setattr(CatalogueReader, "ask_about", lambda self, users: asked.update(users))
    correct(home.root, forgotten=1)
    texts = [f"2026-01-27T10:00,{user},GET /rate/heat+1995=3".encode() for user in (1, 2)]
    make_listener(home.root, FakeStream([begin(), lines(0, texts)])).run(threading.Event(), lambda: False)
    assert read_ratings(home.paths.segments).frame["user_id"].tolist() == [2]
    assert asked == {2}
