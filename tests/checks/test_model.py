"""A published model is measured again, and what was said of it has to come out."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.artifact import load, save
from app.recommender import Recommender
from auto_deployment.checks.model import check_model
from auto_deployment.params import Params, load_params
from auto_deployment.training.package import stage as package
from auto_deployment.training.workspace import Workspace, read_json, write_json
from tests.support.cycle.workspace import LOOSE, SMALL, make_workspace, run_stages
from tests.support.project import PROJECT

SHIPPED = load_params(PROJECT / "params.yaml")
PARAMS: Params = replace(SHIPPED, training=SMALL, gate=LOOSE)
OWN = ("format", "files", "seal", "content_hash")  # of a manifest: written anew with each model


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = make_workspace(tmp_path_factory.mktemp("published") / "data")
    run_stages(workspace, SMALL, LOOSE)
    package.run(workspace)
    return workspace


@pytest.fixture
def workspace(published: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(published.root, tmp_path / "data")
    return Workspace(tmp_path / "data")


def failed(workspace: Workspace, expected: str | None = None) -> dict[str, str]:
    return {one.name: one.sentence for one in check_model(workspace, PARAMS, expected) if not one.passed}


def test_what_was_published_is_found_again(workspace: Workspace) -> None:
    content = load(workspace.model).content_hash
    assert failed(workspace, content) == {}
    names = {one.name for one in check_model(workspace, PARAMS, content)}
    assert {"loads", "tag", "no seen title", "rating scale", "figures", "gate rmse"} <= names
    assert not names & {"gate answer_ms", "gate load_s"}  # of the machine as much as of the model


def test_another_content_than_the_tags_is_named(workspace: Workspace) -> None:
    assert failed(workspace, "0" * 64)["tag"].startswith("The tag says 000000000000, the model is ")


def test_a_damaged_model_is_all_that_is_said(workspace: Workspace) -> None:
    array = max(workspace.model.glob("*.npy"), key=lambda file: file.stat().st_size)
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    assert list(failed(workspace)) == ["loads"]
    assert array.name in failed(workspace)["loads"]


def test_a_figure_that_the_data_do_not_give_is_named(workspace: Workspace) -> None:
    path = workspace.metrics / "summary.json"
    figures = json.loads(path.read_text())
    write_json(path, {**figures, "rmse": figures["rmse"] - 0.001})
    found = failed(workspace)
    assert list(found) == ["figures"]
    assert "rmse" in found["figures"]


def test_a_gate_that_did_not_say_so_is_named(workspace: Workspace) -> None:
    path = workspace.verdict / "gate.json"
    gate = read_json(path)
    for check in gate["checks"]:
        if check["name"] == "rmse":
            check["passed"] = False
    write_json(path, gate)
    assert "Published as False, recomputed True" in failed(workspace)["gate rmse"]


def test_lists_that_were_not_so_alike_are_named(workspace: Workspace) -> None:
    path = workspace.verdict / "gate.json"
    gate = read_json(path)
    check = {"name": "list_overlap", "passed": True, "sentence": "Of 20 titles 20.0 stay."}
    write_json(path, {**gate, "lists": {**gate["lists"], "checks": [check]}})
    assert failed(workspace)["gate lists"].endswith("Not as published: list_overlap.")
    write_json(path, {name: one for name, one in gate.items() if name != "lists"})  # of an older version
    assert failed(workspace) == {}


def test_a_model_that_is_worse_than_it_was_measured_is_stopped(workspace: Workspace) -> None:
    model = load(workspace.model)
    arrays = {**model.arrays, "user_bias": model.arrays["user_bias"] + 2.5}
    details = {name: value for name, value in model.manifest.items() if name not in OWN}
    shutil.rmtree(workspace.model)
    save(workspace.model, arrays, model.movies, details)
    found = failed(workspace)
    assert "rmse" in found["figures"]
    assert "gate rmse" in found


def test_a_model_that_shows_what_was_seen_is_stopped(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    recommend = Recommender.recommend

    def forgetful(self: Any, user: int, *words: Any, **more: Any) -> Any:
        answer, row = recommend(self, user, *words, **more), self.user_row(user)
        seen = [] if row is None else self.seen_rows(row).tolist()
        return answer._replace(rows=[*seen[:1], *answer.rows[1:]]) if seen else answer

    monkeypatch.setattr(Recommender, "recommend", forgetful)
    assert "are shown a title that they have seen" in failed(workspace)["no seen title"]
