"""`kill -9` anywhere in a cycle: what others can see is whole at any moment, and the next run ends well."""

import json

from auto_deployment.cycle.outcome import PUBLISHED
from auto_deployment.dataset.published import read_published
from tests.support.cycle import published
from tests.support.cycle.home import CycleHome, killed_at, running_below
from tests.support.git import git
from tests.support.waiting import eventually

BEFORE_THE_PUSH = ["refresh", "take", "train", "reproduce", "half-upload", "commit", "push"]
KILL = '#!/bin/sh\nkill -9 "$CYCLE_PROCESS"\n'
KILL_AND_HANG = """#!/bin/sh
[ -e "$GIT_DIR/killed" ] && exit 0
touch "$GIT_DIR/killed"
kill -9 "$CYCLE_PROCESS"
exec sleep 600
"""


def test_killed_at_each_step_nothing_is_visible_and_the_next_run_begins_anew(one: CycleHome) -> None:
    before, head, storage = one.versions(), one.head(), published.stored(one.storage)
    for minute, where in enumerate(BEFORE_THE_PUSH, 1):
        one.arrive(f"while-{where}")
        killed_at(one, minute, where)
        assert (one.versions(), one.head(), one.gaps()) == (before, head, []), where
    assert len(published.stored(one.storage)) > len(storage)  # data without a tag, which is harmless
    outcome = one.cycle(50)
    assert (outcome.kind, outcome.new_segments) == (PUBLISHED, len(BEFORE_THE_PUSH))
    assert one.versions() == [*before, outcome.version]
    assert one.gaps() == []
    assert running_below(one.root) == []
    assert leftovers(one) == []


def test_killed_inside_the_push_what_hangs_is_ended_by_the_next_run(one: CycleHome) -> None:
    before = one.versions()
    one.hook("pre-receive", KILL_AND_HANG)
    one.arrive("second")
    process = one.start(1)
    assert process.wait(300) == -9
    assert (one.versions(), one.gaps()) == (before, [])
    assert running_below(one.bare)  # git and its hook wait for nobody
    outcome = one.cycle(2)
    assert (outcome.kind, one.versions()) == (PUBLISHED, [*before, outcome.version])
    assert one.gaps() == []
    assert running_below(one.root) == []
    process.communicate()


def test_killed_behind_the_push_the_version_is_whole_and_the_next_run_tells_of_it(one: CycleHome) -> None:
    before = one.versions()
    one.arrive("second")
    killed_at(one, 1, "mark")
    (new,) = set(one.versions()) - set(before)
    assert one.gaps() == []
    assert read_published(one.paths) == {"first"}
    told: list[str | None] = []
    marked: list[list[str]] = []

    def look(step: str) -> None:
        if step == "take":
            told.append(json.loads(one.layout.last.read_bytes())["version"])
        if step == "train":
            marked.append(sorted(read_published(one.paths)))

    one.arrive("third")
    outcome = one.cycle(2, step=look)
    assert (told, marked) == ([new], [["first", "second"]])  # joining `second` would change what is published
    assert (outcome.kind, outcome.champion["version"]) == (PUBLISHED, new)
    assert read_published(one.paths) == {"first", "second", "third"}
    assert one.gaps() == []


def test_killed_by_the_remote_once_it_has_taken_the_push_all_of_it_is_there(one: CycleHome) -> None:
    before = one.versions()
    one.hook("post-receive", KILL)
    one.arrive("second")
    killed_at(one, 1, "")
    eventually(lambda: not running_below(one.root))
    assert len(one.versions()) == len(before) + 1
    assert one.gaps() == []


def test_the_checker_sees_what_is_missing_damaged_or_elsewhere(one: CycleHome) -> None:
    assert one.gaps() == []
    out = published.outs(one.bare, f"model/{one.versions()[-1]}")[0]
    damaged = published.object_path(one.storage, out["md5"])
    content = damaged.read_bytes()
    damaged.unlink()
    assert any("lacks" in gap for gap in one.gaps())
    damaged.write_bytes(content[:-1] + b" ")
    assert any("lacks" in gap for gap in one.gaps())
    damaged.write_bytes(content)
    assert one.gaps() == []
    git(one.bare, "update-ref", "refs/heads/main", "main~1")
    assert any("not in the branch" in gap for gap in one.gaps())


def leftovers(home: CycleHome) -> list[str]:
    """Return what a killed git or DVC may leave in the clone."""
    clone = home.layout.clone
    changed = git(clone, "status", "--porcelain").splitlines()
    return [*changed, *map(str, clone.glob(".git/**/*.lock"))]
