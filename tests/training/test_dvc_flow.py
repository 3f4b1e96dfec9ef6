"""The flow as DVC runs it: nothing twice, figures compared and drawn from a clone alone."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.artifact import load
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.data_versions import INPUTS
from auto_deployment.publish.local_remote import copy_code
from tests.support.cycle.workspace import make_workspace
from tests.support.project import PROJECT
from tests.support.training import small_params

WHO = ("AUTHOR", "COMMITTER")
SUMMARY = "data/metrics/summary.json"


def write_params(folder: Path, **svd: Any) -> None:
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["training"] = asdict(small_params())
    content["training"]["train"]["svd"] |= svd
    (folder / "params.yaml").write_text(yaml.safe_dump(content), "utf-8")


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """Return a checkout in which two versions were measured and committed, and the second was packaged."""
    folder = tmp_path_factory.mktemp("dvc") / "work"
    folder.mkdir()
    (folder.parent / "home").mkdir()
    environ = {
        "HOME": str(folder.parent / "home"),
        "DVC_SITE_CACHE_DIR": str(folder.parent / "site"),
        "DVC_NO_ANALYTICS": "1",
        **{
            f"GIT_{who}_{what}": f"{what.lower()}@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    commands = Commands(folder, environ)
    write_params(folder.parent)
    copy_code(PROJECT, folder.parent / "params.yaml", folder)
    workspace = make_workspace(folder / "data")
    for nobody in (workspace.champion, workspace.parent):
        nobody.mkdir()
        (nobody / "none").write_text("There is none.\n", "utf-8")
    commands.git("init", "--quiet", "--initial-branch", "main")
    commands.dvc("add", "--quiet", *INPUTS)
    commands.dvc("repro", "--quiet", "evaluate")
    _commit(commands, "first")
    write_params(folder, factors=2, epochs=2)
    commands.dvc("repro", "--quiet")
    _commit(commands, "second")
    return commands


def _commit(commands: Commands, message: str) -> None:
    commands.git("add", "--all")
    commands.git("commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def clone(flow: Commands) -> Commands:
    folder = flow.folder.parent / "clone"
    flow.git("clone", "--quiet", str(flow.folder), str(folder))
    return flow.at(folder)


def test_on_unchanged_inputs_the_flow_does_nothing(flow: Commands) -> None:
    before = (flow.folder / "dvc.lock").read_bytes()
    said = flow.dvc("repro")
    assert "Running stage" not in said
    assert "up to date" in said
    assert (flow.folder / "dvc.lock").read_bytes() == before


def test_the_packaged_model_is_the_measured_one(flow: Commands) -> None:
    candidate, model = (load(flow.folder / "data" / name) for name in ("candidate", "model"))
    assert candidate.content_hash == model.content_hash
    assert model.manifest["gate"]["passed"] is False


def test_payloads_stay_out_of_git_and_figures_are_in_it(clone: Commands) -> None:
    tracked = set(clone.git("ls-files", "data").split())
    assert {
        SUMMARY,
        "data/metrics/systems.csv",
        "data/gate/gate.md",
        "data/gate/lists.html",
        "data/segments.dvc",
    } <= tracked
    assert not [path for path in tracked if path.endswith((".parquet", ".npy"))]


def test_metrics_of_two_versions_are_compared_in_a_clone(clone: Commands) -> None:
    found = json.loads(clone.dvc("metrics", "diff", "--json", "HEAD~1", "HEAD"))[SUMMARY]
    old, new = (
        json.loads(clone.git("show", f"{version}:{SUMMARY}"))["rmse"] for version in ("HEAD~1", "HEAD")
    )
    assert old != new
    assert found["rmse"] == {"old": old, "new": new, "diff": pytest.approx(new - old)}


def test_the_plot_of_all_systems_is_drawn_in_a_clone(clone: Commands) -> None:
    clone.dvc("plots", "show", "--out", "drawn")
    page = (clone.folder / "drawn" / "index.html").read_text("utf-8")
    assert "what it must beat" in page
    for system in ("blend", "als", "items", "svd", "popularity", "random"):
        assert f'"system": "{system}"' in page
