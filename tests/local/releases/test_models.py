"""Models as releases take them: what an instance runs, and what is kept for a rollback."""

from pathlib import Path

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.local.releases.models import ModelStore
from auto_deployment.paths import Paths
from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import NAMES
from auto_deployment.release.records import read_serving
from tests.support.local_run import VERSION, give_model
from tests.support.models import write_model

NEW = "20261102T0000-00000000"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    give_model(tmp_path)
    write_model(tmp_path / "models" / NEW, version=NEW, seed=2)
    return Paths(tmp_path)


@pytest.fixture
def models(paths: Paths) -> ModelStore:
    return ModelStore(paths, "abc")


def test_before_anything_is_deployed_instances_follow_current(models: ModelStore, paths: Paths) -> None:
    assert not models.in_use
    assert models.slot("canary") is None
    assert models.releases() == []
    assert not paths.releases.exists()


def test_taking_over_begins_with_what_serves(models: ModelStore, paths: Paths) -> None:
    models.take_over()
    assert models.in_use
    for name in NAMES:
        assert models.slot(name) == (f"{VERSION}-abc", paths.models.resolve() / VERSION)
    serving = read_serving(paths)
    assert serving is not None
    assert serving.release == f"{VERSION}-abc"
    models.point("canary", models.keep(NEW).release)
    assert models.slot("canary") == (f"{NEW}-abc", paths.models.resolve() / NEW)


def test_a_new_current_model_changes_nothing_then(models: ModelStore, paths: Paths) -> None:
    models.take_over()
    paths.current_model.unlink()
    paths.current_model.symlink_to(NEW)
    assert models.slot("stable-1") == (f"{VERSION}-abc", paths.models.resolve() / VERSION)
    assert models.keep("current").model_version == NEW


@pytest.mark.parametrize("how", ["version", "folder", "current"])
def test_a_model_is_named_in_three_ways(models: ModelStore, paths: Paths, how: str) -> None:
    name = {"version": VERSION, "folder": str(paths.models / VERSION), "current": "current"}[how]
    build = models.keep(name)
    assert (build.release, build.model_version, build.code_revision) == (f"{VERSION}-abc", VERSION, "abc")
    assert len(build.content_hash) == 64


def test_what_is_no_model_is_refused_with_what_to_give(models: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="nothing is no model: give a version of"):
        models.keep("nothing")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "manifest.json").write_text('{"version": 1}')
    with pytest.raises(BadInputError, match=r"damaged manifest\.json"):
        models.keep(str(tmp_path / "odd"))
    (tmp_path / "odd" / "manifest.json").write_text('{"version": "a b", "content_hash": "0"}')
    with pytest.raises(BadInputError, match="which is no release id"):
        models.keep(str(tmp_path / "odd"))


def test_another_model_of_the_same_name_is_refused_where_the_name_has_run(
    models: ModelStore, paths: Paths, tmp_path: Path
) -> None:
    build = models.keep(NEW)
    other = tmp_path / "other"
    write_model(other, version=NEW, seed=9)
    with pytest.raises(BadInputError, match=f"{build.release} has been released before as another model"):
        models.keep(str(other))
    moved = models.keep(str(other), may_move=True)
    assert moved.content_hash != build.content_hash
    assert models.id_of(build.release) == str(other)


def test_forgetting_a_release_keeps_the_model(models: ModelStore, paths: Paths) -> None:
    old, new = models.keep(VERSION), models.keep(NEW)
    assert models.releases() == [new.release, old.release]
    models.forget(old.release)
    assert models.releases() == [new.release]
    assert (paths.models / VERSION / "manifest.json").exists()


def test_a_model_that_somebody_removed_is_named(models: ModelStore, paths: Paths) -> None:
    build = models.keep(NEW)
    (paths.models / NEW / "manifest.json").unlink()
    with pytest.raises(PortError, match=f"The model of release {NEW}-abc is gone"):
        models.point("canary", build.release)
