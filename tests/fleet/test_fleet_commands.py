"""`marquee fleet ...` as people use it, with a store in a folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.host.locks import held
from tests.support.fleet import V1, V2, model


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with an empty store, which the environment names with a node's volume."""
    (tmp_path / "store").mkdir()
    monkeypatch.setenv("MODEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("FLEET_DIR", str(tmp_path / "node"))
    monkeypatch.setenv("FLEET_NODE", "node-1")
    monkeypatch.setenv("FLEET_CHANNELS", "stable")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


Said = Callable[[], tuple[str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return what gives standard output and error since it was asked last."""

    def ask() -> tuple[str, str]:
        out, err = capsys.readouterr()
        return out, err

    return ask


def test_from_a_folder_to_what_serves(fleet: Path, said: Said) -> None:
    assert main(["fleet", "publish", str(model(fleet, V1)), "--channel", "stable"]) == 0
    assert said()[0] == f"{V1}\n"
    assert main(["fleet", "agent", "--once"]) == 0
    assert said()[0] == "Everything is as wanted.\n"
    assert (fleet / "node" / "recommender" / "channels" / "stable" / "manifest.json").exists()
    assert main(["fleet", "status"]) == 0
    out, _ = said()
    assert f"stable wants {V1}" in out
    assert f"{V1} serves" in out
    main(["fleet", "publish", str(model(fleet, V2, seed=2))])
    assert main(["fleet", "set", "stable", V2, "--instead-of", V1]) == 0
    said()
    assert main(["fleet", "status", "--json"]) == 1
    found = json.loads(said()[0])
    assert found["wanted"] == {"stable": V2}
    assert found["node"]["channels"]["stable"]["confirmed"] == V1
    assert main(["fleet", "agent", "--once"]) == 0
    assert main(["fleet", "status"]) == 0


def test_a_change_that_expects_something_else_is_refused(fleet: Path, said: Said) -> None:
    main(["fleet", "publish", str(model(fleet, V1)), "--channel", "stable"])
    said()
    assert main(["fleet", "set", "stable", V1, "--instead-of", V2]) == 1
    assert said()[1] == f"stable wants {V1}, not {V2}: nothing was changed.\n"


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["set", "stable", V1], 1, f"The model store has no version {V1} of recommender.\n"),
        (["set", "../x", V1], 2, "is no name of a channel"),
        (["set", "stable", "a b"], 2, "is no name of a version"),
        (["publish", "nowhere"], 2, "no complete model"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    fleet: Path, said: Said, words: list[str], status: int, sentence: str
) -> None:
    main(["fleet", "publish", str(model(fleet, V2))])
    said()
    assert main(["fleet", *words]) == status
    (line,) = said()[1].splitlines(keepends=True)
    assert sentence in line


def test_a_second_agent_on_one_volume_is_told_who_is_there(fleet: Path, said: Said) -> None:
    lock = fleet / "node" / "agent.lock"
    with held(lock, "17 host-a 2026-11-30T10:00:00+00:00", str):
        assert main(["fleet", "agent", "--once"]) == 1
    assert "An agent already runs on" in said()[1]
    assert main(["fleet", "agent", "--once"]) == 1  # nothing is wanted yet; but it may run
    assert "Nothing is wanted" in said()[0]


@pytest.mark.parametrize("word", ["agent", "status"])
def test_without_a_store_there_is_one_sentence(
    fleet: Path, said: Said, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv("MODEL_STORE", "")
    assert main(["fleet", word]) == 2
    assert "MODEL_STORE is not set" in said()[1]


def test_status_without_the_store_says_so_and_what_serves(fleet: Path, said: Said) -> None:
    main(["fleet", "publish", str(model(fleet, V1)), "--channel", "stable"])
    main(["fleet", "agent", "--once"])
    (fleet / "store").rename(fleet / "away")
    said()
    assert main(["fleet", "agent", "--once"]) == 1
    assert main(["fleet", "status"]) == 1
    out, _ = said()
    assert "goes on with what it has" in out
    assert f"{V1} serves" in out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODEL_STORE", "ftp://host/x"),
        ("MODEL_STORE", "s3://"),
        ("MODEL_STORE", "s3://key:secret@bucket"),
        ("MODEL_NAME", "../x"),
        ("FLEET_CHANNELS", "stable=nonsense"),
        ("FLEET_CHANNELS", "stable,stable"),
        ("FLEET_CHANNELS", "UP"),
        ("FLEET_NODE", "a b"),
        ("FLEET_METRICS_PORT", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    fleet: Path, said: Said, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["fleet", "status"]) == 2
    _, sentence = said()
    assert sentence.startswith(name)
    assert "secret" not in sentence
