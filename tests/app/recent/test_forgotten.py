"""A user who was forgotten: nothing of before is held, and nothing of it comes back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.artifact import load
from app.recent.events import Forgotten, RecentEvent, parse, render
from app.recent.lists import RecentLists
from app.recent.opening import open_store
from app.recent.reader import RecentReader
from app.recent.rows import group_of, user_of
from app.recommender import PERSONAL, POPULAR, Recommender
from tests.app.recent.test_follower import HOUR_S, NOW, Home

ANN, OTHER = 7, 8
BEFORE, AFTER = NOW - 2 * HOUR_S, NOW - 60
WISH = Forgotten(NOW - HOUR_S, ANN)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.follower.close()


def tell(home: Home) -> None:
    home.feed.lines += [
        render(RecentEvent(BEFORE, ANN, "heat+1995", True)),
        render(RecentEvent(BEFORE, OTHER, "heat+1995")),
        render(WISH),
        render(RecentEvent(BEFORE, ANN, "late+1995")),
    ]


class Seen(NamedTuple):
    """What a worker sees."""

    users: set[int]
    forgotten: frozenset[int]
    status: dict[str, Any]


def look(home: Home) -> Seen:
    """Look as a worker does; a process opens the file once only, so the follower is another one after."""
    home.follower.close()
    reader = RecentReader(home.folder / "recent", lambda: home.now)
    reader.refresh()
    seen = Seen({user for user in (ANN, OTHER) if reader.row(user)}, reader.forgotten, reader.status)
    reader.close()
    home.follower = home.another()
    return seen


def test_the_line_is_read_back_and_was_none_of_the_kinds_of_before() -> None:
    assert parse(render(WISH)) == WISH
    what = render(WISH).decode().split(" ")[3]
    with pytest.raises(ValueError, match="could not convert"):
        float(what)  # so the version before, which knows two words and numbers, leaves it out as unreadable


def test_what_was_held_goes_at_once_and_what_comes_late_is_not_taken(home: Home) -> None:
    home.feed.lines += [render(RecentEvent(BEFORE, ANN, "heat+1995"))]
    home.follower.step()
    assert look(home).users == {ANN}
    tell(home)
    home.follower.step()
    assert home.held() == {(OTHER, "heat+1995")}
    seen = look(home)
    assert seen.users == {OTHER}
    assert seen.forgotten == {ANN}
    assert (seen.status["users"], seen.status["events"]) == (1, 1)


def test_later_events_are_those_of_a_new_user(home: Home) -> None:
    tell(home)
    home.says(RecentEvent(AFTER, ANN, "new+1995"))
    home.follower.step()
    assert home.held() == {(ANN, "new+1995"), (OTHER, "heat+1995")}
    assert look(home).forgotten == {ANN}


@pytest.mark.parametrize("is_anew", [False, True], ids=["by an earlier model", "by an empty store"])
def test_reading_again_from_the_beginning_brings_nothing_back(
    home: Home, tmp_path: Path, is_anew: bool
) -> None:
    home.model(BEFORE - HOUR_S)
    home.follower.step()
    tell(home)
    home.says(RecentEvent(AFTER, ANN, "new+1995"))
    home.follower.step()
    if is_anew:
        home.follower.close()
        (tmp_path / "recent").rename(tmp_path / "away")
        home.follower = home.another()
    else:
        home.model(BEFORE - 2 * HOUR_S)
    for _ in range(3):
        home.follower.step()
    assert home.held() == {(ANN, "new+1995"), (OTHER, "heat+1995")}
    assert look(home).forgotten == {ANN}


def test_a_restart_keeps_it_and_a_later_model_ends_it(home: Home) -> None:
    tell(home)
    home.follower.step()
    home.follower.close()
    home.follower = home.another()
    home.follower.step()
    assert look(home).forgotten == {ANN}
    home.model(WISH.time_s + 1)
    home.follower.step()
    assert look(home).forgotten == frozenset()
    home.model(BEFORE - HOUR_S)  # rolled back: that model was made with the user
    for _ in range(3):
        home.follower.step()
    assert look(home).forgotten == {ANN}
    assert home.held() == {(OTHER, "heat+1995")}


def test_others_of_the_same_group_stay(tmp_path: Path) -> None:
    group, _ = group_of(ANN)
    neighbour = user_of(group, 5)
    store = open_store(tmp_path, 32)
    store.apply([RecentEvent(BEFORE, user, "heat+1995") for user in (ANN, neighbour)], 0)
    store.forget_user(WISH)
    assert {user for user, *_ in store.everything()} == {neighbour}
    store.close()


def test_to_hear_it_again_leaves_what_was_done_since(tmp_path: Path) -> None:
    store = open_store(tmp_path, 32)
    store.forget_user(WISH)
    store.apply([RecentEvent(AFTER, ANN, "heat+1995")], 0)
    store.forget_user(WISH)
    assert {user for user, *_ in store.everything()} == {ANN}
    store.close()


def test_the_list_is_the_popular_one_and_hides_what_is_seen_since(
    item_model_dir: Path, tmp_path: Path
) -> None:
    recommender = Recommender(load(item_model_dir))
    popular = recommender.popular(10)
    first = popular.rows[0]
    assert recommender.recommend(ANN, 10).source == PERSONAL
    for seen in ([], [RecentEvent(AFTER, ANN, recommender.movie_ids[first], True)]):
        store = open_store(tmp_path, 32)
        store.forget_user(WISH)
        store.apply(seen, 0)
        store.close()
        lists = RecentLists(RecentReader(tmp_path, lambda: NOW))
        lists.refresh()
        found = lists.recommend(recommender, ANN, 10)
        assert found.source == POPULAR
        assert (first in found.rows) is not bool(seen)
        assert seen or found == popular
        assert lists.user_row(recommender, ANN) is None  # pages show nothing that the model knows of him
        lists._reader.close()
