"""Cycles that go on from another version's weights: what becomes an input, what is said, what is refused."""

import json
from typing import Any

import pytest
import yaml

from auto_deployment.cycle.outcome import FAILED, PUBLISHED, REHEARSED
from auto_deployment.publish.tag_message import read_tag
from auto_deployment.release.records import ARTEFACT, RejectedRelease, add_rejected
from tests.support.cycle.home import CycleHome, killed_at, running_below
from tests.support.git import git

PARENT = "data/parent"


def facts_of(home: CycleHome, version: str) -> dict[str, Any]:
    return read_tag(git(home.bare, "tag", "--list", "--format=%(contents)", f"model/{version}"))


def locked(home: CycleHome, version: str) -> dict[str, str]:
    """Return the hashes of what the flow of a version had put in and had made, by path."""
    stages = yaml.safe_load(git(home.bare, "show", f"model/{version}:dvc.lock"))["stages"]
    return {
        one["path"]: one["md5"]
        for stage in stages.values()
        for one in (*stage["deps"], *stage["outs"])
        if "md5" in one
    }


def test_the_champions_model_becomes_an_input_that_tag_and_lock_name(one: CycleHome) -> None:
    (first,) = one.versions()
    one.arrive("second")
    outcome = one.cycle(1, continue_from="champion")
    assert outcome.kind == PUBLISHED, outcome.sentence
    facts, lock = facts_of(one, str(outcome.version)), locked(one, str(outcome.version))
    assert (facts["kind"], facts["parent"]) == ("continued", first)
    assert lock[PARENT] == locked(one, first)["data/model"] == facts["dvc"][PARENT]
    assert one.gaps() == []


def test_a_cycle_after_it_begins_from_nothing_and_says_so(one: CycleHome) -> None:
    (first,) = one.versions()
    one.arrive("second")
    one.cycle(1, continue_from=first)
    one.arrive("third")
    outcome = one.cycle(2)
    assert outcome.kind == PUBLISHED
    facts = facts_of(one, str(outcome.version))
    assert (facts["kind"], facts["parent"]) == ("full", None)
    assert locked(one, str(outcome.version))[PARENT] == locked(one, first)[PARENT]
    assert [path.name for path in (one.layout.clone / PARENT).iterdir()] == ["none"]
    assert one.gaps() == []


def test_an_older_version_may_be_the_parent_and_the_champion_another(one: CycleHome) -> None:
    (first,) = one.versions()
    one.arrive("second")
    second = one.cycle(1).version
    one.arrive("third")
    outcome = one.cycle(2, continue_from=first)
    assert (outcome.kind, outcome.champion["version"]) == (PUBLISHED, second)
    assert facts_of(one, str(outcome.version))["parent"] == first


def test_a_rehearsal_goes_on_as_well_and_leaves_nothing(one: CycleHome) -> None:
    before = one.versions(), one.pushes()
    one.arrive("second")
    assert one.cycle(1, continue_from="champion", dry_run=True).kind == REHEARSED
    assert json.loads((one.layout.clone / "data/version.json").read_bytes())["kind"] == "continued"
    assert (one.versions(), one.pushes()) == before


def test_without_a_champion_there_is_nothing_to_go_on_from(home: CycleHome) -> None:
    home.arrive("first")
    outcome = home.cycle(continue_from="champion")
    assert (outcome.kind, outcome.step) == (FAILED, "take")
    assert outcome.sentence.startswith("There is no champion to continue from")
    assert home.cycle(1).kind == PUBLISHED


@pytest.mark.parametrize("why", ["never published", "removed", "rejected"])
def test_a_version_that_is_not_there_or_must_not_be_used_is_refused(one: CycleHome, why: str) -> None:
    (version,) = one.versions()
    if why == "removed":
        one.layout.collected.write_text(json.dumps([version]))
    if why == "rejected":
        reject(one, version)
    wanted = "20200101T0000-00000000" if why == "never published" else version
    one.arrive("second")
    outcome = one.cycle(1, continue_from=wanted)
    assert (outcome.kind, outcome.step) == (FAILED, "take")
    assert outcome.sentence.startswith(f"{wanted} cannot be continued, ")
    assert why in outcome.sentence
    assert "`marquee retrain` trains from nothing" in outcome.sentence
    assert one.versions() == [version]


def reject(home: CycleHome, version: str) -> None:
    content = str(facts_of(home, version)["content_hash"])
    rejected = RejectedRelease(ARTEFACT, "r", "slow", "2026-03-01T12:00:00+00:00", content_hash=content)
    add_rejected(home.paths, rejected)


def test_killed_at_each_step_nothing_is_visible_and_the_next_run_begins_anew(one: CycleHome) -> None:
    before, head = one.versions(), one.head()
    for minute, where in enumerate(("reproduce", "half-upload"), 1):
        one.arrive(f"while-{where}")
        killed_at(one, minute, where, continue_from="champion")
        assert (one.versions(), one.head(), one.gaps()) == (before, head, []), where
    outcome = one.cycle(50)
    assert outcome.kind == PUBLISHED
    assert facts_of(one, str(outcome.version))["kind"] == "full"
    one.arrive("last")
    outcome = one.cycle(51, continue_from="champion")
    assert outcome.kind == PUBLISHED
    assert facts_of(one, str(outcome.version))["kind"] == "continued"
    assert one.gaps() == []
    assert running_below(one.root) == []
