"""A git remote that is away, has moved, or does not want it; a clone that is damaged."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment.cycle.outcome import FAILED, PUBLISHED
from tests.support.cycle.home import CycleHome
from tests.support.git import git

REFUSE = "#!/bin/sh\necho 'You are not allowed to push code to protected branches' >&2\nexit 1\n"


def at(step: str, action: Callable[[], object]) -> Callable[[str], None]:
    """Do something when a step begins."""
    return lambda name: (action(), None)[1] if name == step else None


def away(home: CycleHome) -> Path:
    return home.bare.with_name("away.git")


@pytest.mark.parametrize("when", ["refresh", "push"])
def test_a_remote_that_is_away_is_named_and_the_next_cycle_works(one: CycleHome, when: str) -> None:
    before = one.versions()
    one.arrive("second")
    outcome = one.cycle(1, step=at(when, lambda: one.bare.rename(away(one))))
    away(one).rename(one.bare)
    assert (outcome.kind, outcome.step) == (FAILED, when)
    assert outcome.sentence.startswith("The git remote cannot be reached: ")
    assert "does not appear to be a git repository" in outcome.sentence
    assert (one.versions(), one.gaps()) == (before, [])
    if when == "push":
        assert one.cycle(2).kind == PUBLISHED
        assert one.gaps() == []


def test_a_remote_that_moved_in_between_gets_the_version_on_top(one: CycleHome) -> None:
    one.arrive("second")

    def change() -> None:
        one.elsewhere(lambda work: (work / "README.md").write_text("hello\n"), "docs: hello")

    outcome = one.cycle(1, step=at("push", change))
    assert outcome.kind == PUBLISHED
    subjects = git(one.bare, "log", "--format=%s", "-2", f"model/{outcome.version}").splitlines()
    assert subjects == [f"model: {outcome.version}", "docs: hello"]
    assert git(one.bare, "rev-parse", f"model/{outcome.version}^{{commit}}").strip() == one.head()
    assert one.gaps() == []


def test_where_somebody_else_has_published_in_between_the_next_cycle_tries_again(one: CycleHome) -> None:
    one.arrive("second")

    other = one.other_host()
    other.arrive("theirs")
    outcome = one.cycle(1, step=at("push", lambda: other.cycle(1)))
    assert (outcome.kind, outcome.step) == (FAILED, "push")
    assert "Somebody else published in between" in outcome.sentence
    assert len(one.versions()) == 2
    after = one.cycle(2)
    assert (after.kind, after.new_segments) == (PUBLISHED, 1), after.sentence
    assert len(one.versions()) == 3
    assert one.gaps() == []


@pytest.mark.parametrize("hook", ["pre-receive", "update"])
def test_a_refusal_for_good_says_what_to_set_and_nothing_of_it_is_visible(one: CycleHome, hook: str) -> None:
    before, head = one.versions(), one.head()
    only_the_branch = '#!/bin/sh\n[ "$1" = refs/heads/main ] || exit 0\n'
    one.hook(hook, REFUSE if hook == "pre-receive" else only_the_branch + REFUSE)
    one.arrive("second")
    outcome = one.cycle(1)
    assert (outcome.kind, outcome.step) == (FAILED, "push")
    assert "The git remote refuses the push (set PUBLISH=merge-request" in outcome.sentence
    assert "hook declined" in outcome.sentence
    assert (one.versions(), one.head()) == (before, head)


def no_head(clone: Path) -> None:
    (clone / ".git" / "HEAD").unlink()


def no_objects(clone: Path) -> None:
    shutil.rmtree(clone / ".git" / "objects")


def locks(clone: Path) -> None:
    for name in ("index.lock", "config.lock", "packed-refs.lock", "refs/heads/main.lock"):
        (clone / ".git" / name).write_bytes(b"")
    (clone / ".git" / "rebase-merge").mkdir()
    (clone / ".dvc" / "tmp").mkdir(exist_ok=True)
    (clone / ".dvc" / "tmp" / "lock").write_text("{}")
    (clone / ".dvc" / "tmp" / "rwlock").write_text(
        '{"data/segments": {"write": {"pid": 1, "cmd": "dvc add"}}}'
    )


@pytest.mark.parametrize("damage", [no_head, no_objects, locks])
def test_a_clone_that_is_damaged_or_locked_is_put_right_and_nothing_around_it_is_touched(
    one: CycleHome, damage: Callable[[Path], None]
) -> None:
    git(one.root, "init", "--quiet")  # DATA_DIR may lie in somebody's checkout
    git(one.root, "remote", "add", "origin", "https://example.org/theirs.git")
    (one.root / "theirs.txt").write_text("work in progress\n")
    mine = (one.root / ".git" / "config").read_bytes()
    same = one.layout.clone / ".git" / "same"
    same.touch()
    damage(one.layout.clone)
    one.arrive("second")
    outcome = one.cycle(1)
    assert outcome.kind == PUBLISHED, outcome.sentence
    assert one.gaps() == []
    assert same.exists() == (damage is locks)  # only what cannot be mended is made anew
    assert (one.root / ".git" / "config").read_bytes() == mine
    assert (one.root / "theirs.txt").read_text() == "work in progress\n"
    assert not (one.root / ".git" / "refs" / "heads" / "main").exists()


def test_a_cycle_that_a_hook_of_another_repository_starts_works_on_its_own(
    one: CycleHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = one.root / "theirs"
    subprocess.run(["git", "init", "--quiet", str(theirs)], check=True)
    monkeypatch.setenv("GIT_DIR", str(theirs / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(theirs))
    one.arrive("second")
    outcome = one.cycle(1)
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        monkeypatch.delenv(name)
    assert outcome.kind == PUBLISHED, outcome.sentence
    assert os.listdir(theirs) == [".git"]
    assert one.gaps() == []
