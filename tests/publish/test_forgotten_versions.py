"""Which versions hold something of a forgotten user, from what their tags name."""

from datetime import UTC, datetime, timedelta
from typing import Any

from auto_deployment.publish.forgotten_versions import WishFacts, due, holding, must_go

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
ONE, TWO = (
    WishFacts(1, "correction-000001-aa", SINCE),
    WishFacts(2, "correction-000002-bb", SINCE + timedelta(days=9)),
)
HELD = {"a": {1}, "b": {1, 2}}


def version(*segments: str, champion: str | None = None) -> dict[str, Any]:
    return {"data": {"segments": [f"{one}.parquet" for one in segments]}, "champion": {"version": champion}}


def test_a_version_holds_what_its_segments_held_and_the_models_of_champion_and_parent() -> None:
    versions = {
        "v1": version("a"),
        "v2": version("c", ONE.name, champion="v1"),
        "v3": version("c", ONE.name, champion="v2"),
        "v4": version("b", "c"),
        "v5": {},
        "v6": {**version("c", ONE.name, champion="v3"), "parent": "v1"},
    }
    assert holding(versions, [ONE, TWO], HELD, ()) == {
        "v1": {1},
        "v2": {1},
        "v4": {1, 2},
        "v5": {1, 2},
        "v6": {1},
    }


def test_a_catalogue_of_before_the_wish_holds_the_user_too() -> None:
    versions = {"v1": version("c"), "v2": version("c", ONE.name)}
    assert holding(versions, [ONE], HELD, {1}) == {"v1": {1}}


def test_a_version_has_to_go_when_the_time_of_one_of_its_wishes_is_over() -> None:
    holds = {"v1": {1}, "v2": {2}, "v3": {1, 2}}
    assert due(SINCE, 30) == SINCE + timedelta(days=30)
    assert must_go(holds, [ONE, TWO], SINCE + timedelta(days=30) - timedelta(seconds=1), 30) == set()
    assert must_go(holds, [ONE, TWO], SINCE + timedelta(days=30), 30) == {"v1", "v3"}
    assert must_go(holds, [ONE, TWO], SINCE + timedelta(days=39), 30) == {"v1", "v2", "v3"}
