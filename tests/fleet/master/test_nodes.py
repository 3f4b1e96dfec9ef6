"""Who is there: agents register, are heard, fall silent, and fetch what they are asked to do."""

import pytest

from tests.support.fleet import V1, V2
from tests.support.master import SILENT_S, Fleet, channel, report


def test_a_node_registers_with_its_first_report_and_is_shown_as_it_was_heard_last(fleet: Fleet) -> None:
    assert fleet.json("GET", "/nodes")["nodes"] == []
    fleet.report(versions=(V1,), serves=V1, looked_s=2.0)
    fleet.now += 10
    shown = fleet.node()
    assert (shown["state"], shown["silent_s"], shown["looked_s"]) == ("here", 10, 12)
    assert shown["channels"]["stable"]["answers"] == V1
    assert fleet.value("nodes_here") == 1


def test_a_node_that_is_silent_has_left_without_a_word_and_is_there_again_with_a_report(fleet: Fleet) -> None:
    fleet.report(serves=V1)
    fleet.now += SILENT_S + 1
    assert fleet.node()["state"] == "left without a word"
    assert (fleet.value("nodes_here"), fleet.value("nodes_left")) == (0, 1)
    fleet.report(serves=V1)
    assert fleet.node()["state"] == "here"


def test_time_in_which_the_master_was_away_is_nobodys_silence(fleet: Fleet) -> None:
    fleet.report(serves=V1)
    fleet.now += 3600
    fleet.start()
    assert fleet.node()["state"] == "here"
    assert fleet.node()["channels"]["stable"]["answers"] == V1
    fleet.now += SILENT_S + 1
    assert fleet.node()["state"] == "left without a word"


def test_how_long_something_is_so_grows_between_reports(fleet: Fleet) -> None:
    late = channel(V1, wanted=V2, behind_s=5.0, linked_s=100.0)
    fleet.report(channels={"stable": late})
    fleet.now += 20
    shown = fleet.node()["channels"]["stable"]
    assert (shown["behind_s"], shown["linked_s"]) == (25, 120)
    labels = '{channel="stable",model="films",node="node-1"}'
    assert fleet.value("node_behind_seconds", labels) == 25


def test_a_clock_of_the_master_that_goes_back_makes_nothing_negative(fleet: Fleet) -> None:
    fleet.report(serves=V1, looked_s=1.0)
    fleet.now -= 3600
    assert fleet.node()["silent_s"] == 0
    assert fleet.node()["state"] == "here"


def test_two_agents_of_one_node_are_two_models(fleet: Fleet) -> None:
    fleet.report(serves=V1)
    fleet.report(model="books", serves=V2)
    assert [one["model"] for one in fleet.json("GET", "/nodes")["nodes"]] == ["books", "films"]
    status, said = fleet.said("POST", "/nodes/node-1/pin", {"version": V1})
    assert (status, "say the model" in said) == (422, True)


def test_an_order_is_fetched_in_turn_until_the_node_says_what_came_of_it(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.report(versions=(V1,), serves=V1)
    fleet.json("POST", "/nodes/node-1/pin", {"version": V1}, key="pin-1")
    fleet.json("POST", "/nodes/node-1/prune", {}, key="prune-1")
    first, second = fleet.report(serves=V1)
    assert (first["do"], first["channel"], first["version"], second["do"]) == ("pin", "stable", V1, "prune")
    under_way = {first["id"]: {"how": "under way", "said": "so far"}}
    assert [one["do"] for one in fleet.report(serves=V1, outcomes=under_way)] == ["pin", "prune"]
    done = {first["id"]: {"how": "done"}, second["id"]: {"how": "failed", "said": "why"}}
    assert fleet.report(serves=V1, outcomes=done) == []
    (order,) = fleet.json("GET", "/audit/prune-1")["orders"]
    assert (order["how"], order["said"]) == ("failed", "why")
    assert fleet.value("orders_open") == 0


def test_a_node_says_nothing_of_the_orders_of_another(fleet: Fleet) -> None:
    for node in ("node-1", "node-2"):
        fleet.report(node, serves=V1)
    fleet.json("POST", "/nodes/node-1/prune", {})
    (order,) = fleet.report("node-1", serves=V1)
    fleet.report("node-2", serves=V1, outcomes={order["id"]: {"how": "done"}})
    assert fleet.report("node-1", serves=V1) == [order]


def test_all_are_those_that_have_not_left_and_the_answer_names_both(fleet: Fleet) -> None:
    fleet.report("gone", serves=V1)
    fleet.now += SILENT_S + 1
    fleet.report("there", serves=V1)
    assert fleet.json("POST", "/nodes/all/pull", {}) == {"asked": ["there"], "left": ["gone"]}
    assert fleet.json("POST", "/nodes/gone/pull", {})["asked"] == ["gone"]  # by its name: it may come back


def test_orders_outlast_a_restart(fleet: Fleet) -> None:
    fleet.report(serves=V1)
    fleet.json("POST", "/nodes/node-1/reload", {})
    fleet.start()
    (order,) = fleet.report(serves=V1)
    assert order["do"] == "reload"


def test_a_node_is_forgotten_when_it_has_left_and_registers_again_when_it_is_back(fleet: Fleet) -> None:
    fleet.report(serves=V1)
    fleet.json("POST", "/nodes/node-1/reload", {})
    status, said = fleet.said("DELETE", "/nodes/node-1")
    assert (status, said) == (409, "node-1 was heard 0 s ago: end its agent first.")
    fleet.now += SILENT_S + 1
    assert fleet.json("DELETE", "/nodes/node-1") == {"forgotten": "node-1"}
    assert fleet.json("GET", "/nodes")["nodes"] == []
    assert fleet.said("DELETE", "/nodes/node-1")[0] == 404
    fleet.start()
    assert fleet.json("GET", "/nodes")["nodes"] == []
    assert fleet.report(serves=V1) == []


@pytest.mark.parametrize("node", ["all", "a%20b", "..", "%2e%2e", "-x", "x" * 129, "n%C3%B6de", "a%0Ab"])
def test_a_node_of_an_odd_name_is_refused(fleet: Fleet, node: str) -> None:
    status, _ = fleet.said("PUT", f"/nodes/{node}", report())
    assert status in (404, 422)  # the former: no such address
    assert fleet.json("GET", "/nodes")["nodes"] == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model": "../x"}, "is no name of a model"),
        ({"versions": ["a b"]}, "is no name of a version"),
        ({"channels": {"UP": channel()}}, "is no name of a channel"),
        ({"channels": {"stable": channel("a/b")}}, "is no name of a version"),
        ({"channels": {"stable": {}}}, "wanted, linked, answers, confirmed is missing"),
        ({"looked_s": -1}, "must not be negative"),
        ({"looked_s": "soon"}, "cannot be taken"),
        ({"outcomes": {"x": {"how": "lost"}}}, "is no outcome"),
    ],
)
def test_a_report_that_cannot_be_is_refused_by_a_sentence(
    fleet: Fleet, change: dict[str, object], sentence: str
) -> None:
    status, said = fleet.said("PUT", "/nodes/node-1", {**report(), **change})
    assert (status, sentence in said) == (422, True), said


def test_a_report_of_a_newer_agent_is_taken(fleet: Fleet) -> None:
    fleet.json("PUT", "/nodes/node-1", {**report(serves=V1), "weather": "fine"})
    assert fleet.node()["channels"]["stable"]["answers"] == V1


@pytest.mark.parametrize(
    ("do", "body", "status", "sentence"),
    [
        ("pin", {}, 422, "Say which version to pin"),
        ("pin", {"version": V2}, 404, f"has no version {V2}"),
        ("pin", {"version": V1, "channel": "canary"}, 404, "does not follow canary: it follows stable"),
        ("prune", {"version": V1}, 422, "prune takes no version"),
        ("pull", {"channel": "stable"}, 422, "pull takes no channel"),
        ("pull", {"version": "../x"}, 422, "is no name of a version"),
        ("reload", {"colour": "red"}, 422, "There is no field 'colour'"),
    ],
)
def test_what_a_node_could_not_do_is_refused_at_once(
    fleet: Fleet, do: str, body: dict[str, str], status: int, sentence: str
) -> None:
    fleet.publish(V1, "stable")
    fleet.report(serves=V1)
    found, said = fleet.said("POST", f"/nodes/node-1/{do}", body)
    assert (found, sentence in said) == (status, True), said
    assert fleet.report(serves=V1) == []


def test_a_node_that_nobody_knows_is_asked_nothing(fleet: Fleet) -> None:
    assert fleet.said("POST", "/nodes/nowhere/prune", {})[0] == 404
    assert fleet.said("POST", "/nodes/all/prune", {})[0] == 404
    assert fleet.said("POST", "/nodes/all/explode", {})[0] == 404
