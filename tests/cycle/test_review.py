"""PUBLISH=merge-request: a branch for a person to merge, and what the next cycle makes of it."""

from typing import Any

from auto_deployment.config.publish import MERGE_REQUEST
from auto_deployment.cycle.outcome import FAILED, FOR_REVIEW, PUBLISHED
from tests.support.cycle.home import CycleHome
from tests.support.git import git

REVIEW: dict[str, Any] = {"way": MERGE_REQUEST}


def test_a_branch_is_pushed_with_the_options_that_open_a_merge_request(one: CycleHome) -> None:
    before, head, pushed = one.versions(), one.head(), len(one.pushes())
    one.arrive("second")
    outcome = one.cycle(1, **REVIEW)
    assert outcome.kind == FOR_REVIEW
    assert f"retrain/{outcome.version}" in outcome.sentence
    assert one.pushes()[pushed:] == [
        f"refs/heads/retrain/{outcome.version}",
        "option merge_request.create",
        "option merge_request.target=main",
        f"option merge_request.title=Model {outcome.version}",
    ]
    assert (one.versions(), one.head()) == (before, head)
    merge(one, f"retrain/{outcome.version}")
    assert one.versions() == before
    one.arrive("third")
    after = one.cycle(2, **REVIEW)
    assert one.versions() == [*before, outcome.version]
    assert one.gaps() == []
    assert after.champion["version"] == outcome.version
    assert after.new_segments == 1


def test_a_version_that_was_merged_is_tagged_also_by_a_host_that_knows_nothing_of_it(one: CycleHome) -> None:
    one.arrive("second")
    outcome = one.cycle(1, **REVIEW)
    merge(one, f"retrain/{outcome.version}")
    stranger = one.other_host()
    stranger.arrive("third")
    after = stranger.cycle(2)
    assert after.kind == PUBLISHED, after.sentence
    assert one.versions()[-2:] == [outcome.version, after.version]
    assert one.gaps() == []


def test_a_remote_without_push_options_is_told_apart_from_one_that_is_away(one: CycleHome) -> None:
    git(one.bare, "config", "receive.advertisePushOptions", "false")
    one.arrive("second")
    outcome = one.cycle(1, **REVIEW)
    assert outcome.kind == FAILED
    assert "does not support push options" in outcome.sentence
    assert "set PUBLISH=merge-request" not in outcome.sentence


def merge(home: CycleHome, branch: str) -> None:
    """Do what a person does in the web interface."""
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@localhost")
    home.elsewhere(
        lambda work: git(work, *who, "merge", "--quiet", "--no-ff", "--no-commit", f"origin/{branch}"),
        "merged",
    )
