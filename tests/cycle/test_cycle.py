"""What a cycle does from beginning to end, with real git and real DVC around a flow that is quick."""

import errno
import json

from auto_deployment.cycle.outcome import FAILED, PUBLISHED, REFUSED, REHEARSED, UNCHANGED, Outcome
from auto_deployment.dataset.published import read_published
from auto_deployment.release.records import Serving, write_serving
from tests.support.cycle import published
from tests.support.cycle.home import CycleHome
from tests.support.git import git

STEPS = ["refresh", "take", "train", "reproduce", "upload", "commit", "push", "mark"]


def test_the_first_cycle_publishes_commit_and_tag_in_one_push(home: CycleHome) -> None:
    home.arrive("first")
    steps: list[str] = []
    outcome = home.cycle(step=steps.append)
    assert (outcome.kind, steps) == (PUBLISHED, STEPS)
    assert outcome.champion["version"] is None
    assert (outcome.new_segments, outcome.damaged) == (1, {})
    assert home.versions() == [outcome.version]
    assert home.pushes() == ["refs/heads/main", f"refs/tags/model/{outcome.version}"]
    assert home.gaps() == []
    assert read_published(home.paths) == {"first"}


def test_the_next_cycle_has_a_champion_and_uploads_only_what_is_new(one: CycleHome) -> None:
    before = published.stored(one.storage)
    champion = one.versions()[0]
    git(one.bare, "tag", "model/of-somebody-else", "main")
    segment = one.arrive("second")
    (one.paths.segments / "torn.parquet").write_bytes(b"PAR1")
    outcome = one.cycle(1)
    assert outcome.kind == PUBLISHED
    assert list(outcome.damaged) == ["torn.parquet"]
    intake = json.loads(git(one.bare, "show", "main:data/intake.json"))
    assert intake["damaged"] == outcome.damaged
    git(one.bare, "tag", "--delete", "model/of-somebody-else")
    assert outcome.champion["version"] == champion
    assert (outcome.new_segments, outcome.new_bytes) == (1, segment.stat().st_size)
    after = published.stored(one.storage)
    new = {path: size for path, size in after.items() if path not in before}
    segments = [size for size in new.values() if size >= segment.stat().st_size]
    assert segments == [segment.stat().st_size]
    assert one.gaps() == []
    assert read_published(one.paths) == {"first", "second"}
    last = Outcome.from_json(json.loads(one.layout.last.read_bytes()))
    assert last == outcome


def test_nothing_new_is_no_failure_and_publishes_nothing(one: CycleHome) -> None:
    serve(one, one.versions()[0])
    one.cycle(1)  # measured anew: the version before has become the champion
    pushes, kept = one.pushes(), published.stored(one.storage)
    steps: list[str] = []
    outcome = one.cycle(2, step=steps.append)
    assert (outcome.kind, steps) == (UNCHANGED, ["refresh", "take"])
    assert "no new segment" in outcome.sentence
    assert (one.pushes(), published.stored(one.storage)) == (pushes, kept)


def test_a_refused_model_leaves_nothing_in_git_or_dvc(one: CycleHome) -> None:
    pushes, kept, head = one.pushes(), published.stored(one.storage), one.head()
    one.arrive("bad-segment")
    outcome = one.cycle(1)
    assert outcome.kind == REFUSED
    assert "Badness is 1, at most 0 is allowed." in outcome.sentence
    assert (one.pushes(), published.stored(one.storage), one.head()) == (pushes, kept, head)
    assert read_published(one.paths) == {"first"}
    (one.paths.segments / "bad-segment.parquet").unlink()
    one.arrive("good-segment")
    assert one.cycle(2).kind == PUBLISHED
    assert one.gaps() == []


def test_a_rehearsal_lets_nothing_leave_the_machine(one: CycleHome) -> None:
    pushes, kept, last = one.pushes(), published.stored(one.storage), one.layout.last.read_bytes()
    one.arrive("second")
    outcome = one.cycle(1, dry_run=True)
    assert outcome.kind == REHEARSED
    assert (one.pushes(), published.stored(one.storage)) == (pushes, kept)
    assert one.layout.last.read_bytes() == last


def test_a_step_of_the_flow_that_fails_is_named_with_its_words(one: CycleHome) -> None:
    pushes, kept = one.pushes(), published.stored(one.storage)
    one.arrive("broken-segment")
    outcome = one.cycle(1)
    assert (outcome.kind, outcome.step) == (FAILED, "reproduce")
    assert "learn cannot read this segment" in outcome.sentence
    assert "\n" not in outcome.sentence
    assert (one.pushes(), published.stored(one.storage)) == (pushes, kept)


def test_a_clock_that_stands_before_the_last_version_is_told_of(one: CycleHome) -> None:
    one.arrive("second")
    outcome = one.cycle(-1)
    assert (outcome.kind, outcome.step) == (FAILED, "train")
    assert outcome.sentence.endswith("but this host's clock says 20260301T1159: set it right.")


def test_a_full_disk_and_damaged_notes_are_outcomes_too(one: CycleHome) -> None:
    one.layout.intended.write_text("{")

    def full(step: str) -> None:
        if step == "take":
            raise OSError(errno.ENOSPC, "No space left on device")

    outcome = one.cycle(1, step=full)
    assert (outcome.kind, outcome.step) == (FAILED, "take")
    assert "No space left on device" in outcome.sentence
    assert json.loads(one.layout.last.read_bytes())["kind"] == FAILED
    assert json.loads(one.layout.last_published.read_bytes())["version"] == one.versions()[0]
    assert not one.layout.intended.exists()
    one.paths.releases.mkdir()
    (one.paths.releases / "serving.json").write_text("{")
    outcome = one.cycle(1)
    assert (outcome.kind, outcome.step) == (FAILED, "take")
    assert "serving.json is damaged" in outcome.sentence


def serve(home: CycleHome, version: str) -> None:
    """Let a release be through: this version serves."""
    write_serving(home.paths, Serving(version, "0" * 64, "unknown", "1", "2026-03-01T12:00:00+00:00"))
