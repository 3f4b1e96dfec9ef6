"""All that is held of a user, and forgetting, over HTTP."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment.host.locks import only_one
from auto_deployment.paths import Paths
from tests.people.conftest import ANN
from tests.people.http.conftest import EVENTS, NEW, Asker

FORGOTTEN = f"/forgotten/{ANN}"
Marquee = Callable[..., str]


def test_the_report_is_that_of_the_command(full: Path, ask: Asker, marquee: Marquee) -> None:
    found = ask("GET", f"/users/{ANN}/report").json
    assert found == json.loads(marquee("events", "report", ANN))
    assert found is not None
    assert {"segments", "quarantine", "catalogue", "feedback"} <= found["held"].keys()
    assert ask.said("GET", "/users/99/report")[0] == 404


def test_a_user_is_forgotten_once_and_the_status_is_that_of_the_command(
    full: Path, ask: Asker, marquee: Marquee
) -> None:
    assert ask.said("GET", FORGOTTEN)[0] == 404
    done = ask("PUT", FORGOTTEN).json
    assert done is not None
    assert done["removed"] == {"quarantine": 2, "catalogue": 1, "segments": 3, "feedback": 3}
    status = ask("GET", FORGOTTEN).json
    assert status == {**done, "removed": {}}
    assert status == json.loads(marquee("forget", ANN, "--status", "--json"))
    assert ask("PUT", FORGOTTEN).json == status  # the same wish: nothing was done twice
    assert ask.listed() == []
    assert ask.said("POST", EVENTS, NEW)[0] == 409
    assert ask.said("PUT", "/forgotten/99")[0] == 404


def test_the_list_has_each_forgotten_user_once_in_pages(ask: Asker) -> None:
    for user in (ANN, 2, 3):
        ask("PUT", f"/forgotten/{user}")
    first = ask("GET", "/forgotten?limit=2").json
    assert first is not None
    assert [one["user_id"] for one in first["items"]] == [ANN, 2]
    rest = ask("GET", f"/forgotten?cursor={first['next_cursor']}").json
    assert rest is not None
    assert ([one["user_id"] for one in rest["items"]], rest["next_cursor"]) == ([3], None)


def test_keys_of_a_forgotten_user_go_and_those_of_others_stay(ask: Asker, root: Path) -> None:
    key = {"Idempotency-Key": "one"}
    for user in (ANN, 2):
        ask("POST", f"/users/{user}/events", NEW, headers=key)
    ask("PUT", FORGOTTEN)
    holding = [path.name for path in Paths(root).segments.iterdir() if str(ANN).encode() in path.read_bytes()]
    assert holding == []
    assert ask("POST", "/users/2/events", NEW, headers=key).json == {"added": False, "because": "same key"}


def test_while_segments_are_joined_it_is_said_when_to_try_again(
    ask: Asker, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.dataset.corrections.writing.PATIENCE_S", 0.1)
    with only_one(Paths(root).compaction_lock, "Joining segments"):
        answer = ask("POST", EVENTS, NEW)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert ask.said("PUT", FORGOTTEN)[0] == 503
    assert ask("POST", EVENTS, NEW).status_code == 201


def test_a_full_disk_is_said_and_nothing_has_changed(
    ask: Asker, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("auto_deployment.host.files.os.fsync", full)
        status, said = ask.said("POST", EVENTS, NEW)
    assert (status, "has room, then try again" in said) == (500, True)
    assert len(ask.listed()) == 2
