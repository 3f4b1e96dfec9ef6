"""Lists beyond their limits: a branch for a person, whatever PUBLISH says, and what becomes of it."""

import json
from typing import Any

import pytest

from auto_deployment.config.publish import MERGE_REQUEST, PUSH
from auto_deployment.cycle.outcome import FAILED, PUBLISHED, REHEARSED, REVIEW
from auto_deployment.dataset.published import read_published
from tests.cycle.test_review import merge
from tests.support.cycle.home import CycleHome, killed_at
from tests.support.git import git

MUCH = "its lists differ much:"
BEYOND = "Of 20 titles 1.0 stay, at least 6.0 have to."


@pytest.mark.parametrize("way", [PUSH, MERGE_REQUEST])
def test_a_model_with_other_lists_waits_for_a_person_whatever_publish_says(one: CycleHome, way: str) -> None:
    before, head, pushed = one.versions(), one.head(), len(one.pushes())
    one.arrive("odd-second")
    outcome = one.cycle(1, way=way)
    assert outcome.kind == REVIEW, outcome.sentence
    assert BEYOND in outcome.sentence
    assert one.pushes()[pushed:] == [
        f"refs/heads/retrain/{outcome.version}",
        "option merge_request.create",
        "option merge_request.target=main",
        f"option merge_request.title=Model {outcome.version}",
        f"option merge_request.description={outcome.version} passed the gate, and {MUCH} {BEYOND}",
    ]
    assert (one.versions(), one.head(), one.gaps()) == (before, head, [])
    assert read_published(one.paths) == {"first"}
    assert json.loads(one.layout.last.read_bytes())["gate"]["lists"]["review"] is True
    assert json.loads(one.layout.last_published.read_bytes())["version"] == before[-1]


def test_what_a_person_merged_is_published_and_the_next_cycle_goes_on_as_usual(one: CycleHome) -> None:
    before = one.versions()
    one.arrive("odd-second")
    outcome = one.cycle(1)
    merge(one, f"retrain/{outcome.version}")
    one.arrive("second-third")
    after = one.cycle(2)
    assert after.kind == PUBLISHED, after.sentence
    assert after.champion["version"] == outcome.version
    assert one.versions() == [*before, outcome.version, after.version]
    assert one.gaps() == []


def test_what_nobody_merges_is_trained_anew(one: CycleHome) -> None:
    before = one.versions()
    one.arrive("odd-second")
    first, second = one.cycle(1), one.cycle(2)
    assert (first.kind, second.kind) == (REVIEW, REVIEW)
    assert (second.new_segments, one.versions(), one.gaps()) == (1, before, [])


def test_a_remote_that_opens_no_requests_gets_the_branch_alone(one: CycleHome) -> None:
    git(one.bare, "config", "receive.advertisePushOptions", "false")
    one.arrive("odd-second")
    outcome = one.cycle(1)
    assert outcome.kind == REVIEW, outcome.sentence
    assert one.pushes()[-1] == f"refs/heads/retrain/{outcome.version}"
    again = one.cycle(2, way=MERGE_REQUEST)  # who asked for requests is told that there are none
    assert again.kind == FAILED
    assert "does not support push options" in again.sentence


def test_without_a_remote_of_ones_own_the_branch_is_merged_as_the_mail_says(home: CycleHome) -> None:
    local: dict[str, Any] = {"git_remote": None, "dvc_remote": None}
    home.arrive("first")
    assert home.cycle(**local).kind == PUBLISHED
    home.arrive("odd-second")
    outcome = home.cycle(1, **local)
    assert outcome.kind == REVIEW, outcome.sentence
    git(home.layout.git_remote, "fetch", "--quiet", ".", f"retrain/{outcome.version}:main")
    home.arrive("second-third")
    assert home.cycle(2, **local).champion["version"] == outcome.version


def test_a_gate_that_refuses_asks_nobody_about_lists(one: CycleHome) -> None:
    pushed = one.pushes()
    one.arrive("bad-second")
    one.arrive("odd-third")
    assert one.cycle(1).kind == "refused"
    assert one.pushes() == pushed


def test_a_rehearsal_says_that_a_person_would_be_asked(one: CycleHome) -> None:
    one.arrive("odd-second")
    outcome = one.cycle(1, dry_run=True)
    assert outcome.kind == REHEARSED
    assert BEYOND in outcome.sentence
    assert outcome.sentence.endswith("Nothing left this host.")


def test_killed_before_the_branch_is_pushed_nothing_is_seen_and_the_next_run_pushes_it(
    one: CycleHome,
) -> None:
    pushed = one.pushes()
    one.arrive("odd-second")
    killed_at(one, 1, "push")
    assert one.pushes() == pushed
    outcome = one.cycle(2)
    assert outcome.kind == REVIEW
    assert f"refs/heads/retrain/{outcome.version}" in one.pushes()


def test_killed_behind_the_push_the_next_run_tells_of_the_branch_that_waits(one: CycleHome) -> None:
    one.hook("post-receive", '#!/bin/sh\nkill -9 "$CYCLE_PROCESS"\n')
    one.arrive("odd-second")
    killed_at(one, 1, "")
    one.hook("post-receive", "#!/bin/sh\n")
    branches = git(one.bare, "branch", "--list", "retrain/*").split()
    assert len(branches) == 1
    told: list[str] = []
    one.cycle(
        2, step=lambda step: told.append(one.layout.last.read_text("utf-8")) if step == "take" else None
    )
    recorded = json.loads(told[0])
    assert (recorded["kind"], f"retrain/{recorded['version']}") == (REVIEW, branches[0])
    assert one.gaps() == []
