"""Without a git remote: a bare repository below DATA_DIR/cycle that follows the code of the image."""

import shutil
from typing import Any

from auto_deployment.config.publish import PublishSettings
from auto_deployment.cycle.outcome import PUBLISHED
from auto_deployment.cycle.publish import refresh
from tests.support.cycle import published
from tests.support.cycle.home import CycleHome
from tests.support.git import git

LOCAL: dict[str, Any] = {"git_remote": None, "dvc_remote": None}


def subjects(home: CycleHome) -> list[str]:
    return git(home.layout.git_remote, "log", "--format=%s", "main").splitlines()


def test_the_first_cycle_makes_both_remotes_and_an_upgrade_brings_its_code(home: CycleHome) -> None:
    home.arrive("first")
    first = home.cycle(**LOCAL)
    assert first.kind == PUBLISHED, first.sentence
    assert subjects(home) == [f"model: {first.version}", "code: what runs here"]
    (home.project / "app" / "new.py").write_text("NEW = 1\n")
    (home.project / "app" / "__pycache__").mkdir()
    (home.project / "app" / "__pycache__" / "new.pyc").write_bytes(b"")
    (home.project / ".env").write_text("GIT_TOKEN=secret\n")
    (home.project / "params.yaml").write_text("learn: 2\n")
    home.arrive("second")
    second = home.cycle(1, **LOCAL)
    assert second.kind == PUBLISHED, second.sentence
    assert subjects(home)[:2] == [f"model: {second.version}", "code: what runs here"]
    files = git(home.layout.git_remote, "ls-tree", "-r", "--name-only", "main").split()
    assert {"app/new.py", "data/segments.dvc", "dvc.lock"} <= set(files)
    assert not {".env", "app/__pycache__/new.pyc"} & set(files)
    assert git(home.layout.git_remote, "show", "main:params.yaml") == "learn: 2"
    assert published.gaps(home.layout.git_remote, home.layout.dvc_remote) == []


def test_the_same_code_is_not_committed_again_and_what_was_interrupted_is_made_anew(home: CycleHome) -> None:
    cycle = home.make(**LOCAL)
    bare = home.layout.git_remote
    for name in (bare.name, "code"):
        (bare.parent / f".{name}.tmp").touch()
        (bare.parent / f".{name}.new").mkdir(parents=True)
    refresh(cycle)
    refresh(cycle)
    assert subjects(home) == ["code: what runs here"]
    (home.project / "app" / "flow.py").unlink()
    shutil.rmtree(bare.parent / "clone")
    refresh(cycle)
    assert not (home.layout.clone / "app" / "flow.py").exists()


def test_local_folders_are_the_default() -> None:
    assert PublishSettings().shown() == "git local main, DVC local, push"
