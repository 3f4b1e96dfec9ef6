"""`release status|history|rollback|deploy` as a person or a job types them, on plain processes."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from auto_deployment.cli import main
from auto_deployment.local.releases.models import ModelStore
from auto_deployment.paths import Paths
from auto_deployment.release.consequences import serving_of
from auto_deployment.release.inbox import Request
from auto_deployment.release.records import read_serving, write_serving
from auto_deployment.release.release import Action, Kind, Phase
from tests.support.project import PROJECT
from tests.support.release.world import NEW, OLD, World, build, quick


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CODE_REVISION", "abc1234")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    for version in ("v1", "v2", "v3"):
        path = Paths(tmp_path).models / version / "manifest.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"version": version, "content_hash": f"content-of-{version}"}), "utf-8")
    (Paths(tmp_path).models / "current").symlink_to("v1")
    return World(tmp_path, quick())


@pytest.fixture
def used(world: World) -> World:
    """Return a world in which releases say what serves, and v2 has been promoted after v1."""
    models = ModelStore(world.paths, "abc1234")
    models.take_over()
    models.keep("v2")
    world.boot()
    world.deploy()
    world.until(Phase.PROMOTED)
    return world


def test_before_the_first_release_there_is_nothing_to_show_and_nothing_wrong(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "status"]) == 0
    assert "no release yet" in capsys.readouterr().out
    assert main(["release", "history"]) == 0
    assert capsys.readouterr().out == "No release yet.\n"
    assert main(["release", "rollback"]) == 1
    assert "Nothing has been released yet" in capsys.readouterr().err


def test_the_exit_status_says_how_the_release_stands(used: World) -> None:
    assert main(["release", "status"]) == 0
    used.deploy(build("v3"))
    used.until(Phase.WARMING)
    assert main(["release", "status", "--json"]) == 10
    used.say(Action.ABORT)
    used.until(Phase.ABORTED)
    assert main(["release", "status"]) == 3


def test_history_has_the_newest_first_and_no_more_than_was_asked_for(
    used: World, capsys: pytest.CaptureFixture[str]
) -> None:
    used.roll_back()
    used.until(Phase.PROMOTED)
    assert main(["release", "history"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert f"{OLD.release} (rollback): It served before. Requested by ann: it smells." in first
    assert f"{NEW.release}: The window of 2 min is over." in second
    assert main(["release", "history", "--last", "1", "--json"]) == 0
    (newest,) = json.loads(capsys.readouterr().out)
    assert (newest["kind"], newest["candidate"]["release"]) == ("rollback", OLD.release)
    assert main(["release", "history", "--last", "-1"]) == 0
    assert capsys.readouterr().out == "No release yet.\n"


@pytest.mark.parametrize("which", [[], ["v1"], [OLD.release]])
def test_rollback_asks_for_the_release_before_or_the_named_one(
    used: World, capsys: pytest.CaptureFixture[str], which: list[str]
) -> None:
    assert main(["release", "rollback", *which, "--by", "ann", "--reason", "it smells"]) == 0
    assert capsys.readouterr().out.startswith(f"Back to {OLD.release}. ")
    (request,) = used.inbox.waiting()
    assert request == Request(request.id, OLD, "ann", request.at, Kind.ROLLBACK, "it smells")


def test_rollback_goes_back_from_what_was_just_promoted_though_that_is_still_to_be_written_down(
    used: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record of the release is written first; with a full disk what serves follows much later."""
    write_serving(used.paths, serving_of(OLD, "2026-03-01T00:00:00+00:00"))
    assert main(["release", "rollback"]) == 0
    assert capsys.readouterr().out.startswith(f"Back to {OLD.release}. ")


def test_nobody_is_sent_back_to_a_model_that_is_gone_or_to_what_serves(
    used: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "rollback", NEW.release]) == 1
    assert f"No release {NEW.release} has served everybody before" in capsys.readouterr().err
    (used.paths.models / "v1" / "manifest.json").unlink()
    assert main(["release", "rollback"]) == 2
    assert f"The model of release {OLD.release} is gone" in capsys.readouterr().err
    assert list(used.inbox.waiting()) == []


def test_the_first_deploy_lets_releases_say_what_serves(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "deploy"]) == 0
    assert capsys.readouterr().out.startswith("From now on releases say what serves")
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == OLD.release
    assert list(world.inbox.waiting()) == []  # what serves is not released


def test_nobody_goes_back_to_what_was_rejected_before_it_served(
    used: World, capsys: pytest.CaptureFixture[str]
) -> None:
    used.deploy(build("v3"))
    used.until(Phase.BAKING)
    used.say(Action.ABORT)
    used.until(Phase.ABORTED)
    assert main(["release", "rollback", "v3"]) == 1
    assert "No release v3 has served everybody before" in capsys.readouterr().err


def test_approval_is_taken_once_it_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APPROVAL", "manual")
    world.needs_approval = True
    usual = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    judge = asdict(world.params.judge)
    usual["release"]["judge"] = {name: judge[name] for name in usual["release"]["judge"]}
    params_file = world.paths.root / "params.yaml"
    params_file.write_text(yaml.safe_dump(usual), "utf-8")
    monkeypatch.setenv("PARAMS_FILE", str(params_file))
    world.boot()
    world.deploy()
    world.until(Phase.BAKING)
    assert main(["release", "approve", "--by", "ann"]) == 1
    assert f"{NEW.release} does not wait for approval" in capsys.readouterr().err
    assert any(world.poll().waits for _ in range(500))
    assert main(["release", "approve", "--by", "ann"]) == 0
    assert "Approved by ann" in world.until(Phase.PROMOTING).reason


def test_a_deploy_says_for_whom_it_waits(used: World, capsys: pytest.CaptureFixture[str]) -> None:
    used.roll_back()
    used.until(Phase.PROMOTING)
    assert main(["release", "deploy", "v3"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"v3-abc1234 is on its way. It waits for {OLD.release}. ")


def test_a_deploy_is_on_its_way_with_what_the_pipeline_knows(
    used: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "deploy", "v3", "--by", "job", "--origin", "merge_request=12"]) == 0
    assert "v3-abc1234 is on its way." in capsys.readouterr().out
    (request,) = used.inbox.waiting()
    wanted = Request(request.id, build("v3"), "job", request.at, origin={"merge_request": "12"})
    assert request == wanted
    assert "v3-abc1234" in ModelStore(used.paths, "abc1234").releases()


def test_a_job_that_is_repeated_changes_nothing_and_is_no_mistake(
    used: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "deploy", "v2"]) == 0
    assert "it serves already." in capsys.readouterr().out
    used.deploy(build("v3"))
    used.until(Phase.WARMING)
    assert main(["release", "deploy", "v3"]) == 0
    assert "it is under way." in capsys.readouterr().out
    assert list(used.inbox.waiting()) == []


def test_what_was_rejected_is_refused_with_the_reason_and_a_status_of_its_own(
    used: World, capsys: pytest.CaptureFixture[str]
) -> None:
    used.deploy(build("v3"))
    used.until(Phase.WARMING)
    used.say(Action.ABORT, "ann", "it smells")
    used.until(Phase.ABORTED)
    assert main(["release", "deploy", "v3"]) == 3
    assert "it was rejected: Aborted by ann: it smells." in capsys.readouterr().err
    assert list(used.inbox.waiting()) == []


@pytest.mark.parametrize("words", [["v9"], ["v3", "--origin", "colour=red"]])
def test_what_cannot_be_deployed_is_bad_input_and_asks_for_nothing(used: World, words: list[str]) -> None:
    assert main(["release", "deploy", *words]) == 2
    assert list(used.inbox.waiting()) == []
