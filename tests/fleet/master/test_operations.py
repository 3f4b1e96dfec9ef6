"""What is changed in the store, once under each name, and what is refused with the reason."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from auto_deployment.fleet.channels import render
from auto_deployment.fleet.errors import StoreError
from tests.support.fleet import NOW, V1, V2, V3
from tests.support.master import SILENT_S, Fleet, channel

STABLE = "/channels/films/stable"


def wants(version: str, expected: str | None) -> dict[str, str | None]:
    return {"version": version, "expected": expected}


def away(what: str, path: str, start: int) -> None:
    raise StoreError("The model store is away.")


def test_a_channel_wants_another_version_and_the_audit_says_who_when_before_and_after(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    answer = fleet.json("PUT", STABLE, wants(V2, V1), key="one", headers={"X-Marquee-By": "ann"})
    assert answer == {"wanted": {"stable": V2}, "changed": True}
    assert fleet.store.channels().channels.wanted == {"stable": V2}
    assert fleet.json("GET", "/channels")["models"] == {"films": {"stable": V2}}
    (row,) = fleet.audit()
    assert (row["who"], row["key"], row["before"], row["after"], row["status"]) == ("ann", "one", V1, V2, 200)
    assert row["at"] == NOW.isoformat(timespec="seconds")
    assert row["what"]["do"] == "set"


def test_a_channel_that_wants_something_else_stays_and_the_answer_says_what_is_wanted(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    answer = fleet.ask("PUT", STABLE, wants(V2, V3))
    assert (answer.status_code, answer.json and answer.json["wanted"]) == (409, {"stable": V1})
    assert fleet.store.channels().channels.wanted == {"stable": V1}
    assert fleet.said("PUT", STABLE, wants(V2, None))[0] == 409
    assert fleet.json("PUT", STABLE, wants(V1, V3))["changed"] is False  # it is so already


def test_the_first_version_is_wanted_instead_of_nothing(fleet: Fleet) -> None:
    fleet.publish(V1)
    assert fleet.json("PUT", STABLE, wants(V1, None))["wanted"] == {"stable": V1}


def test_somebody_who_changes_another_channel_meanwhile_is_in_nobodys_way(fleet: Fleet) -> None:
    fleet.publish(V1, "stable", "canary")
    fleet.publish(V2)
    moved: list[str] = []

    def meanwhile(what: str, path: str, start: int) -> None:
        if what == "swap" and not moved:
            moved.append(path)
            fleet.store.move({"canary": V2}, NOW)

    fleet.files.on = meanwhile
    assert fleet.json("PUT", STABLE, wants(V2, V1))["wanted"] == {"stable": V2, "canary": V2}
    assert moved


@pytest.mark.parametrize(
    ("address", "status"),
    [("/channels/films/UP", 422), ("/channels/a%20b/stable", 422), ("/channels/films/..", 404)],
)
def test_odd_names_are_refused(fleet: Fleet, address: str, status: int) -> None:
    fleet.publish(V1)
    found, said = fleet.said("PUT", address, wants(V1, None))
    assert found in (status, 422), said
    assert fleet.store.channels().channels.wanted == {}


def test_the_same_key_has_the_same_answer_and_one_row(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    answers = [fleet.ask("PUT", STABLE, wants(V2, V1), key="one") for _ in range(3)]
    assert [one.headers.get("Idempotency-Replayed") for one in answers] == [None, "true", "true"]
    assert {one.text for one in answers} == {answers[0].text}
    fleet.json("PUT", STABLE, wants(V1, V2), key="two")
    assert fleet.ask("PUT", STABLE, wants(V2, V1), key="one").text == answers[0].text  # and nothing is done
    assert fleet.store.channels().channels.wanted == {"stable": V1}
    assert [row["key"] for row in fleet.audit()] == ["two", "one"]
    fleet.start()
    assert fleet.ask("PUT", STABLE, wants(V2, V1), key="one").text == answers[0].text


def test_a_refusal_is_the_same_under_the_same_key_and_stands_in_the_audit(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    refused = fleet.ask("PUT", STABLE, wants(V2, V3), key="one")
    again = fleet.ask("PUT", STABLE, wants(V2, V1), key="one")  # what is expected is not what is asked for
    assert (refused.status_code, again.status_code, again.text) == (409, 409, refused.text)
    (row,) = fleet.audit()
    assert (row["status"], row["before"], row["after"]) == (409, V1, None)


def test_a_key_names_one_operation(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    fleet.json("PUT", STABLE, wants(V2, V1), key="one")
    status, said = fleet.said("PUT", STABLE, wants(V1, V2), key="one")
    assert (status, "take a new one" in said) == (422, True)
    assert fleet.said("DELETE", f"/models/films/{V1}", key="one")[0] == 422
    assert fleet.store.has(V1)


def test_an_order_that_is_repeated_is_given_once(fleet: Fleet) -> None:
    fleet.report(serves=V1)
    for _ in range(3):
        fleet.json("POST", "/nodes/node-1/prune", {}, key="one")
    assert len(fleet.report(serves=V1)) == 1


@pytest.mark.parametrize("key", [None, "a b", "x" * 65, "n\u00f6"])
def test_an_operation_without_a_name_is_not_done(fleet: Fleet, key: str | None) -> None:
    fleet.publish(V1)
    status, said = fleet.said("PUT", STABLE, wants(V1, None), key=key)
    assert (status, "Idempotency-Key" in said) == (400, True)
    assert fleet.store.channels().channels.wanted == {}
    assert fleet.said("PUT", STABLE, wants(V1, None), headers={"X-Marquee-By": "x" * 61})[0] == 400


def test_while_the_store_is_away_answers_are_of_what_was_seen_and_say_so(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.files.on = away
    fleet.now += 100
    fleet.master.shelf.look()
    for _ in range(2):
        found = fleet.json("GET", "/channels")
        assert (found["models"], found["store_fault"]) == (
            {"films": {"stable": V1}},
            "The model store is away.",
        )
        assert found["as_of"] == NOW.isoformat(timespec="seconds")
        assert [one["version"] for one in fleet.json("GET", "/models")["models"]["films"]["versions"]] == [V1]
        assert fleet.json("GET", "/nodes")["master"]["store_fault"] == "The model store is away."
        assert fleet.value("store_up") == 0
        fleet.start()  # what was seen before is known after a restart, too
        fleet.master.shelf.look()
    fleet.files.on = lambda what, path, start: None
    fleet.master.shelf.look()
    assert fleet.json("GET", "/channels")["store_fault"] == ""


def test_what_the_store_could_not_take_is_done_when_it_is_said_again(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    fleet.files.on = away
    answer = fleet.ask("PUT", STABLE, wants(V2, V1), key="one")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert fleet.audit()[0]["status"] is None
    fleet.files.on = lambda what, path, start: None
    assert fleet.json("PUT", STABLE, wants(V2, V1), key="one")["changed"] is True
    assert [row["status"] for row in fleet.audit()] == [200]


def test_a_version_that_nobody_needs_is_deleted_with_all_its_files(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    fleet.report(versions=(V1, V2), serves=V1)  # a node may hold it: it is not used there
    assert fleet.json("DELETE", f"/models/films/{V2}") == {"deleted": V2}
    assert fleet.store.versions() == [V1]
    assert list((fleet.folder / "store" / "models" / "films" / V2).iterdir()) == []
    assert fleet.said("DELETE", f"/models/films/{V2}")[0] == 404


def serves(fleet: Fleet) -> None:
    fleet.report(serves=V2)


def answers_still(fleet: Fleet) -> None:
    fleet.report(channels={"stable": channel(V1, answers=V2)})


def pinned(fleet: Fleet) -> None:
    fleet.report(channels={"stable": channel(V1, pinned=V2)})


def wanted(fleet: Fleet) -> None:
    fleet.store.move({"canary": V2}, NOW)


def champion(fleet: Fleet) -> None:
    fleet.serves = V2


def asked(fleet: Fleet) -> None:
    fleet.report(serves=V1)
    fleet.json("POST", "/nodes/node-1/pin", {"version": V2})


def left(fleet: Fleet) -> None:
    serves(fleet)
    fleet.now += SILENT_S + 1


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        (serves, f"node-1 serves {V2}: nothing was deleted."),
        (answers_still, f"node-1 serves {V2}: nothing was deleted."),
        (pinned, f"node-1 has pinned {V2}: nothing was deleted."),
        (wanted, f"canary wants {V2}: let another be wanted first."),
        (champion, f"{V2} is the champion, which releases go back to: release another."),
        (asked, f"node-1 is asked for {V2} and has not said what came of it: wait for it."),
        (
            left,
            f"node-1 serves {V2}: nothing was deleted. It has left without a word: forget it if it is gone.",
        ),
    ],
)
def test_a_version_that_is_needed_stays(fleet: Fleet, use: Callable[[Fleet], None], sentence: str) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    use(fleet)
    assert fleet.said("DELETE", f"/models/films/{V2}") == (409, sentence)
    assert fleet.store.has(V2)


@pytest.mark.parametrize("version", ["rejected", "channels.json", "a%20b", "%2E"])
def test_what_is_no_version_is_not_deleted(fleet: Fleet, version: str) -> None:
    fleet.publish(V1, "stable")
    assert fleet.said("DELETE", f"/models/films/{version}")[0] in (404, 422)
    assert fleet.store.channels().channels.wanted == {"stable": V1}


def test_a_channel_that_wants_a_version_while_it_is_deleted_gets_it(fleet: Fleet) -> None:
    """Whoever moves has seen the version there; the move comes before the channels are looked at again."""
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    seen = fleet.store.channels()
    content = seen.channels.with_({"canary": V2}, NOW + timedelta(seconds=1))
    moved: list[str] = []

    def meanwhile(what: str, path: str, start: int) -> None:
        if what == "swap" and not moved:
            moved.append(path)
            fleet.files.inner.swap(path, render(content), seen.tag)

    fleet.files.on = meanwhile
    status, said = fleet.said("DELETE", f"/models/films/{V2}")
    assert (status, said) == (409, f"canary wants {V2}: let another be wanted first.")
    assert fleet.store.has(V2)
    fleet.store.check(V2)


def test_who_looked_before_a_version_was_deleted_cannot_want_it_afterwards(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    before = fleet.store.channels().tag
    fleet.json("DELETE", f"/models/films/{V2}")
    assert fleet.store.channels().tag != before


def test_a_deletion_that_was_cut_short_is_finished_under_its_name(fleet: Fleet) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)

    def fails(what: str, path: str, start: int) -> None:
        if what == "swap":
            raise StoreError("The model store is away.")

    fleet.files.on = fails
    assert fleet.said("DELETE", f"/models/films/{V2}", key="one")[0] == 503
    assert not fleet.store.has(V2)
    fleet.files.on = lambda what, path, start: None
    assert fleet.json("DELETE", f"/models/films/{V2}", key="one") == {"deleted": V2}
    assert list((fleet.folder / "store" / "models" / "films" / V2).iterdir()) == []


def test_a_model_is_rejected_by_its_content_and_then_no_channel_can_want_it(fleet: Fleet) -> None:
    fleet.publish(V1, "stable", seed=1)
    content = fleet.publish(V2, seed=2)
    answer = fleet.json("PUT", f"/models/films/rejected/{content}", {"reason": "odd lists"})
    assert answer == {"rejected": content, "versions": [V2]}
    assert fleet.said("PUT", STABLE, wants(V2, V1))[0] == 409
    (_, second) = fleet.json("GET", "/models")["models"]["films"]["versions"]
    assert (second["version"], second["rejected"]) == (V2, True)
    fleet.report(serves=V1)
    assert fleet.said("POST", "/nodes/node-1/pin", {"version": V2})[0] == 409
    assert fleet.json("PUT", f"/models/films/rejected/{content}", {"reason": "again"})["versions"] == [V2]


def test_what_a_channel_wants_is_not_rejected(fleet: Fleet) -> None:
    content = fleet.publish(V1, "stable")
    status, said = fleet.said("PUT", f"/models/films/rejected/{content}", {"reason": "odd"})
    assert (status, said.startswith(f"stable wants {V1}")) == (409, True)
    assert fleet.said("PUT", "/models/films/rejected/xyz", {"reason": "odd"})[0] == 422
    assert fleet.store.rejected() == set()


def test_the_audit_is_read_in_pages(fleet: Fleet) -> None:
    fleet.report(serves=V1)
    for number in range(5):
        fleet.json("POST", "/nodes/node-1/prune", {}, key=f"key-{number}")
    first = fleet.json("GET", "/audit?limit=2")
    assert [one["key"] for one in first["items"]] == ["key-4", "key-3"]
    second = fleet.json("GET", f"/audit?limit=3&before={first['next_before']}")
    assert ([one["key"] for one in second["items"]], second["next_before"]) == (
        ["key-2", "key-1", "key-0"], None,
    )  # fmt: skip
    assert fleet.said("GET", "/audit?limit=0")[0] == fleet.said("GET", "/audit?before=x")[0] == 400
    assert fleet.said("GET", "/audit/nothing")[0] == 404
