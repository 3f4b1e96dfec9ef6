"""Which mails a release sends: for every way in which each kind of it begins, waits and ends."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auto_deployment.release.mails import MAILS
from auto_deployment.release.ports import PortError
from auto_deployment.release.release import ENDS, Action, Kind, Phase
from tests.support.release.sent_mails import Told
from tests.support.release.world import NEW, OLD, build, one_in_ten

OTHER = build("v3", "def5678")
CANDIDATE, PROMOTED = "Candidate: model v2 accepted for release", "Promoted: model v2"
ABORTED, BACK = "Aborted: model v2", "Rolled back: model v1"
SUPERSEDED, NEXT = "Superseded: model v2", "Candidate: model v3 accepted for release"
INCONCLUSIVE, BELOW_SLO = "Inconclusive: model v2", "Service below its SLO: model v2"
APPROVAL, BLIND = "Waiting for approval: model v2", "Metrics unavailable: model v2"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(tmp_path, monkeypatch)


def no_room(*words: object) -> None:
    raise PortError("docker compose: the engine has no room")


def good(told: Told) -> None:
    told.promoted()


def by_a_person(told: Told) -> None:
    told.world.deploy()
    told.until(Phase.BAKING)
    told.world.say(Action.PROMOTE)
    told.until(Phase.PROMOTED)


def bad(told: Told) -> None:
    told.world.bad = lambda user: True
    told.world.deploy()
    told.until(Phase.ABORTED)


def inconclusive(told: Told) -> None:
    told.world.params = replace(told.world.params, judge=replace(told.world.params.judge, min_users=10**6))
    told.world.boot()
    told.world.deploy()
    told.until(Phase.INCONCLUSIVE)


def below_slo(told: Told) -> None:
    told.world.bad_on_stable = told.world.bad = one_in_ten
    told.world.deploy()
    told.until(Phase.INCONCLUSIVE)


def never_healthy(told: Told) -> None:
    told.world.instances.ill = {NEW.release}
    told.world.deploy()
    told.until(Phase.ABORTED)


def never_started(told: Told) -> None:
    told.monkeypatch.setattr(told.world.instances, "start", no_room)
    told.world.deploy()
    told.until(Phase.ABORTED)


def aborted(told: Told) -> None:
    told.world.deploy()
    told.until(Phase.WARMING)
    told.world.say(Action.ABORT)
    told.until(Phase.ABORTED)


def superseded(told: Told) -> None:
    told.world.deploy()
    told.until(Phase.BAKING)
    told.world.deploy(OTHER)
    told.looks(5)


def blind(told: Told) -> None:
    told.world.deploy()
    told.until(Phase.BAKING)
    told.world.metrics.down = True
    told.until(Phase.ABORTED)


def sees_again(told: Told) -> None:
    told.world.deploy()
    told.until(Phase.BAKING)
    told.world.metrics.down = True
    told.looks(6)
    told.world.metrics.down = False
    told.until(Phase.PROMOTED)


def back(told: Told) -> None:
    told.promoted()
    told.world.roll_back()
    told.until(Phase.PROMOTED)


def back_in_vain(told: Told) -> None:
    told.promoted()
    told.world.instances.ill = {OLD.release}
    told.world.roll_back()
    told.until(Phase.ABORTED)


def back_no_more(told: Told) -> None:
    told.promoted()
    told.world.roll_back()
    told.until(Phase.PROMOTING)
    told.world.say(Action.ABORT)
    told.until(Phase.ABORTED)


def back_instead(told: Told) -> None:
    """Going back to what serves ends what is under way, and that is all."""
    told.world.deploy()
    told.until(Phase.BAKING)
    told.world.roll_back()
    told.until(Phase.ABORTED)


def back_and_on(told: Told) -> None:
    """A candidate waits for a rollback: nothing takes that one's place."""
    told.promoted()
    told.world.roll_back()
    told.until(Phase.PROMOTING)
    told.world.deploy(OTHER)
    told.until(Phase.BAKING)


NOT_BACK = "Aborted: model v1 is not put back"
STORIES: dict[Callable[[Told], None], list[str]] = {
    good: [CANDIDATE, PROMOTED],
    by_a_person: [CANDIDATE, PROMOTED],
    bad: [CANDIDATE, ABORTED],
    inconclusive: [CANDIDATE, INCONCLUSIVE],
    below_slo: [CANDIDATE, BELOW_SLO, INCONCLUSIVE],
    never_healthy: [CANDIDATE, ABORTED],
    never_started: [CANDIDATE, ABORTED],
    aborted: [CANDIDATE, ABORTED],
    superseded: [CANDIDATE, SUPERSEDED, NEXT],
    blind: [CANDIDATE, BLIND, ABORTED],
    sees_again: [CANDIDATE, BLIND, PROMOTED],
    back: [CANDIDATE, PROMOTED, BACK],
    back_in_vain: [CANDIDATE, PROMOTED, NOT_BACK],
    back_no_more: [CANDIDATE, PROMOTED, NOT_BACK],
    back_instead: [CANDIDATE, ABORTED],
    back_and_on: [CANDIDATE, PROMOTED, BACK, NEXT],
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_release_sends_these_mails_each_once_whatever_is_killed(
    told: Told, story: Callable[[Told], None]
) -> None:
    story(told)
    assert told.subjects() == STORIES[story]
    told.begin()
    told.world.boot()
    told.looks(1)
    assert told.subjects() == STORIES[story]


@pytest.mark.parametrize(("action", "end"), [(Action.APPROVE, PROMOTED), (Action.REJECT, ABORTED)], ids=str)
def test_whoever_has_to_approve_is_asked_once_and_has_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: Action, end: str
) -> None:
    told = Told(tmp_path, monkeypatch, needs_approval=True)
    told.world.deploy()
    told.until(Phase.BAKING)
    told.looks(200)  # longer than a window may be extended to
    assert told.subjects() == [CANDIDATE, APPROVAL]
    told.world.say(action)
    told.until(Phase.PROMOTED if end == PROMOTED else Phase.ABORTED)
    assert told.subjects() == [CANDIDATE, APPROVAL, end]


def test_a_mail_of_going_back_says_from_what_to_what_who_asked_and_why(told: Told) -> None:
    back(told)
    text = told.text(BACK)
    assert f"All instances serve {OLD.release} again in the place of {NEW.release}." in text
    assert "Requested by ann: it smells." in text
    assert f"{NEW.release} is marked as rejected" in text
    assert f"Before {NEW.release}" in text
    assert "Requested by ann" in text.rpartition("Before")[2]


def test_a_mail_of_going_back_to_other_code_says_that_the_code_is_rejected(told: Told) -> None:
    told.world.deploy(OTHER)
    told.until(Phase.PROMOTED)
    told.looks(20)
    told.world.roll_back()
    told.until(Phase.PROMOTED)
    assert f"The code of {OTHER.release} is marked as rejected" in told.text(BACK)


def test_a_rollback_that_came_to_nothing_says_what_serves(told: Told) -> None:
    back_no_more(told)
    text = told.text(NOT_BACK)
    assert f"{OLD.release} is not put back: {NEW.release} serves everybody" in text
    assert "Aborted by ann." in text


def test_every_end_of_every_kind_that_there_can_be_has_a_mail() -> None:
    ends = {(kind, phase) for kind in Kind for phase in ENDS}
    # A candidate waits for a rollback, and of that nothing has to be shown.
    assert ends - set(MAILS) == {(Kind.ROLLBACK, Phase.SUPERSEDED), (Kind.ROLLBACK, Phase.INCONCLUSIVE)}
    assert len(set(MAILS.values())) == len(MAILS) - 1  # a candidate that starts was requested
