"""Events of a user over HTTP: the answers are those of the commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.paths import Paths
from tests.people.conftest import ANN
from tests.people.http.conftest import ALIEN, EVENTS, HEAT, NEW, Asker

WATCH = {"movie_id": "alien+1979", "time": "2026-01-01T12:00:00", "minutes": [1, 2]}
Marquee = Callable[..., str]


def files(root: Path) -> list[str]:
    return sorted(path.name for path in Paths(root).segments.iterdir())


def ratings(ask: Asker) -> list[tuple[str, float]]:
    return [(one["movie_id"], one["rating"]) for one in ask.listed() if one["kind"] == "rating"]


def test_an_event_is_made_read_changed_and_removed(ask: Asker, marquee: Marquee) -> None:
    made = ask("POST", EVENTS, NEW)
    assert (made.status_code, made.json) == (201, {"added": True, "because": "new"})
    address = made.headers["Location"]
    assert address == f"{EVENTS}/rating/brazil+1985/2026-01-02T10:00:00"
    assert ask("GET", address).json["events"][0]["rating"] == 3.0  # type: ignore[index]
    changed = ask("PUT", address, {"rating": 4.5}).json
    assert (changed["before"][0]["rating"], changed["now"]) == (3.0, {"rating": 4.5})  # type: ignore[index]
    assert marquee("events", "list", ANN).splitlines()[-1].endswith("brazil+1985  4.5")
    assert ask("DELETE", address).json["removed"][0]["rating"] == 4.5  # type: ignore[index]
    assert ask.said("GET", address)[0] == 404
    assert ratings(ask) == [("heat+1995", 2.0)]


def test_minutes_of_a_watch_are_changed(ask: Asker) -> None:
    assert ask("PUT", ALIEN, {"minutes": [0, 89]}).json["now"] == {"minutes": [0, 89]}  # type: ignore[index]
    assert ask.listed(f"{EVENTS}?movie_id=alien+1979")[0]["minutes"] == [[0, 89]]


def test_the_same_event_is_added_once(ask: Asker, root: Path) -> None:
    ask("POST", EVENTS, NEW)
    before = files(root)
    again = ask("POST", EVENTS, {**NEW, "time": "2026-01-02T12:00:00+02:00"})
    assert (again.status_code, again.json) == (200, {"added": False, "because": "same event"})
    assert ask("POST", EVENTS, WATCH).json["because"] == "same event"  # type: ignore[index]
    assert files(root) == before


def test_the_same_key_does_nothing_twice_whatever_happened_to_its_event(ask: Asker, root: Path) -> None:
    key = {"Idempotency-Key": "one"}
    address = ask("POST", EVENTS, NEW, headers=key).headers["Location"]
    ask("DELETE", address)
    before = files(root)
    again = ask("POST", EVENTS, NEW, headers=key)
    assert (again.status_code, again.json) == (200, {"added": False, "because": "same key"})
    status, said = ask.said("POST", EVENTS, {**NEW, "rating": 4}, headers=key)
    assert (status, "came with another event before" in said) == (422, True)
    assert files(root) == before
    assert ratings(ask) == [("heat+1995", 2.0)]
    assert ask("POST", "/users/2/events", NEW, headers=key).status_code == 201  # a key is a user's
    assert ask("POST", EVENTS, NEW, headers={"Idempotency-Key": "two"}).status_code == 201


def test_the_same_change_twice_does_nothing_twice(ask: Asker, root: Path) -> None:
    ask("PUT", HEAT, {"rating": 5})
    before = files(root)
    assert ask("PUT", HEAT, {"rating": 5}).status_code == 200
    assert files(root) == before
    ask("DELETE", HEAT)
    before = files(root)
    assert ask.said("DELETE", HEAT)[0] == 404
    assert files(root) == before


def test_pages_are_those_of_the_whole_list_also_when_something_comes_in_between(ask: Asker) -> None:
    for hour in range(5):
        ask("POST", EVENTS, {**NEW, "time": f"2026-01-02T1{hour}:00:00"})
    whole = ask.listed()
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = ask("GET", f"{EVENTS}?limit=2{cursor}").json
        assert page is not None
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        ask("POST", EVENTS, {**NEW, "time": "2025-01-01T00:00:00"})  # before what was shown
    assert (len(whole), found) == (7, whole)
    assert ask.listed("/users/99/events") == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "from 1 to 500"), ("limit=501", "from 1 to 500"), ("limit=x", "from 1 to 500"),
        ("limit=1&limit=2", "given 2 times"), ("cursor=x", "begin without one"),
        ("cursor=WzFd", "begin without one"), ("cursor=%C3%A9", "begin without one"),
        ("cursor=eyJhIjoxfQ", "begin without one"), ("page=2", "no parameter 'page'"),
    ],
)  # fmt: skip
def test_a_bad_query_is_refused(ask: Asker, query: str, says: str) -> None:
    status, said = ask.said("GET", f"{EVENTS}?{query}")
    assert (status, says in said) == (400, True), said


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({**NEW, "movie_id": "heat+1996"}, 422, "did you mean heat+1995"),
        ({**NEW, "movie_id": "\ud800"}, 422, "titles look like"),
        ({**NEW, "rating": 6}, 422, "outside of 1 to 5"),
        ({**NEW, "rating": 10**400}, 422, "no finite number"),
        ({**NEW, "rating": True}, 422, "True is no float"),
        ({**NEW, "rating": "3"}, 422, "no float"),
        ({**NEW, "time": "2999-01-01T00:00"}, 422, "is in the future"),
        ({**NEW, "time": "1899-01-01T00:00"}, 422, "no event is that old"),
        ({**NEW, "time": "0001-01-01T00:00+14:00"}, 422, "is no time"),
        ({**NEW, "time": "noon"}, 422, "'noon' is no time"),
        ({**NEW, "time": 5}, 422, "5 is no str"),
        ({**NEW, "minutes": [0, 1]}, 422, "one of `rating` and `minutes`"),
        ({"movie_id": "heat+1995", "time": "2026-01-01T13:00"}, 422, "one of `rating` and `minutes`"),
        ({**NEW, "rating": None, "minutes": [9, 1]}, 422, "first and the last"),
        ({**NEW, "rating": None, "minutes": [0, 10_000]}, 422, "first and the last"),
        ({**NEW, "rating": None, "minutes": [-1, 5]}, 422, "first and the last"),
        ({"rating": 3}, 422, "movie_id, time is missing"),
        ({**NEW, "user_id": 7}, 422, "no field 'user_id': the body may have movie_id, time"),
        ([NEW], 422, "is no dict"),
        ({**NEW, "movie_id": "heat+1995", "time": "2026-01-01T12:00"}, 409, "of that moment already"),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_is_refused(
    ask: Asker, root: Path, body: object, status: int, says: str
) -> None:
    before = files(root)
    found, said = ask.said("POST", EVENTS, body)
    assert (found, says in said) == (status, True), said
    assert files(root) == before


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b'{"movie_id"', "application/json", 400), (b"", "application/json", 400),
        (b"\xff", "application/json", 400), (b'{"rating": NaN}', "application/json", 400),
        (b'{"time": 1, "time": 2}', "application/json", 400), (b"[" * 4_000, "application/json", 400),
        (b"9" * 4_096, "application/json", 422),
        (b"{}", "text/plain", 415), (b"{}", "application/x-www-form-urlencoded", 415),
        (b" " * 4_097, "application/json", 413),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused(ask: Asker, data: bytes, kind: str, status: int) -> None:
    answer, said = ask.said("POST", EVENTS, data=data, headers={"Content-Type": kind})
    assert answer == status, said
    assert len(said) < 300, said


@pytest.mark.parametrize("user", ["ann", "0", "-1", "1.5", "²", str(2**31), "9" * 5_000])
def test_what_is_no_user_is_refused(ask: Asker, user: str) -> None:
    for address in (f"/users/{user}/events", f"/users/{user}/report", f"/forgotten/{user}"):
        status, said = ask.said("GET", address)
        assert (status, "is no user" in said) == (422, True)


def test_what_is_not_there_is_404_with_the_nearest_or_with_where_to_look(ask: Asker) -> None:
    status, said = ask.said("DELETE", HEAT.replace("12:00:00", "12:30:00"))
    assert (status, "the nearest are: heat+1995 2026-01-01T12:00:00 rated 2" in said) == (404, True)
    assert ask.said("GET", f"{EVENTS}/opinion/heat+1995/2026-01-01T12:00:00")[0] == 404
    assert ask.said("GET", "/users") == (404, f"There is nothing here: {'GET /openapi.yaml says what this '}"
                                              "service answers.")  # fmt: skip
    status, said = ask.said("PUT", EVENTS, NEW)
    assert (status, said) == (405, "This address takes GET, HEAD, POST only.")
    assert ask.said("PUT", HEAT, {"minutes": [0, 1]}) == (422, "This is a rating: give `rating`.")
    assert ask.said("POST", EVENTS, NEW, headers={"Idempotency-Key": "a b"})[0] == 400
