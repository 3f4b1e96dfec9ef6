"""What a button does: the command of its name, once, with a person's name."""

from pathlib import Path

import pytest

from auto_deployment.release.release import Action, Kind, Phase, ReleaseCommand
from tests.console.conftest import TOKEN, Person, Site
from tests.support.release.world import NEW, OLD, OTHER, World, quick


@pytest.fixture
def person(world: World) -> Person:
    person = Site(world.paths.root, world).person()
    person.signs_in("Ann Lee", after="/release")
    return person


def test_what_is_pressed_is_done_and_recorded_with_the_name(world: World, person: Person) -> None:
    answer = person.presses("abort", NEW.release, reason=" it  <b>smells</b> ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/release")
    page = person.opens("/release")
    assert f"abort of {NEW.release} is on its way to the controller." in page
    assert "abort by Ann Lee: it &lt;b&gt;smells&lt;/b&gt;" in page
    world.until(Phase.ABORTED)
    assert world.release.reason == "Aborted by Ann Lee: it <b>smells</b>."


@pytest.mark.parametrize("action", ["promote", "abort", "extend", "reject"])
def test_each_button_leaves_its_own_command(world: World, person: Person, action: str) -> None:
    person.presses(action, NEW.release, hours="1.5")
    (said,) = world.inbox.waiting()
    assert isinstance(said, ReleaseCommand)
    assert (said.action, said.by, said.release) == (action, "Ann Lee", NEW.release)
    assert said.seconds == (5400 if action == "extend" else 0)


def test_approval_is_asked_for_only_where_it_is_waited_for(world: World, person: Person) -> None:
    assert 'value="approve"' not in person.opens("/release")
    answer = person.presses("approve", NEW.release)
    assert (answer.status_code, "does not wait for approval" in answer.text) == (409, True)


def test_a_page_of_a_release_that_is_over_asks_for_nothing(world: World, person: Person) -> None:
    world.until(Phase.PROMOTED)
    world.deploy(OTHER)
    world.until(Phase.WARMING)
    answer = person.presses("abort", NEW.release)
    assert answer.status_code == 409
    assert f"{NEW.release} is not under way: {OTHER.release} is." in answer.text
    assert world.inbox.peek() == []


def test_of_two_who_press_at_once_both_are_recorded_and_one_ends_it(world: World, person: Person) -> None:
    other = Person(person.client.application.test_client())
    other.signs_in("Bob")
    assert person.presses("promote", NEW.release).status_code == 303
    assert other.presses("abort", NEW.release, reason="no").status_code == 303
    world.until(Phase.ABORTED)
    assert [(one.by, one.action) for one in world.release.commands] == [
        ("Ann Lee", Action.PROMOTE),
        ("Bob", Action.ABORT),
    ]


def test_a_rollback_goes_to_what_was_chosen_unless_something_else_serves_by_now(
    world: World, person: Person
) -> None:
    world.until(Phase.PROMOTED)
    answer = person.presses("rollback", OLD.release, version=OLD.release)
    assert (answer.status_code, "serves meanwhile" in answer.text) == (409, True)
    person.presses("rollback", NEW.release, version=OLD.release, reason="slow")
    (asked,) = world.inbox.peek()
    assert not isinstance(asked, ReleaseCommand)
    assert (asked.kind, asked.candidate, asked.by, asked.reason) == (Kind.ROLLBACK, OLD, "Ann Lee", "slow")


@pytest.mark.parametrize(
    "fields",
    [{"action": "conquer"}, {"action": "extend", "hours": "many"}, {"action": "abort", "reason": "x" * 501}],
)
def test_a_form_that_no_page_of_ours_has_is_refused(
    world: World, person: Person, fields: dict[str, str]
) -> None:
    assert person.presses(**{"release": NEW.release, **fields}).status_code == 400
    assert world.inbox.peek() == []


def test_nobody_presses_without_having_signed_in_or_from_another_page(world: World, person: Person) -> None:
    form = {"action": "abort", "release": NEW.release}
    stranger = person.client.application.test_client().post("/release/ask", data=form)
    assert (stranger.status_code, "Sign in first" in stranger.text) == (401, True)
    for key in ("", "another"):
        answer = person.client.post("/release/ask", data={**form, "form_key": key})
        assert (answer.status_code, "another session" in answer.text) == (400, True)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    client = person.client.application.test_client()
    assert client.post("/release/ask", data=form, headers=bearer).status_code == 401
    assert world.inbox.peek() == []


def test_a_session_that_ran_out_asks_for_nothing_and_leads_to_signing_in(
    world: World, person: Person
) -> None:
    key = person.form_key()
    world.now = world.now.replace(hour=23)
    form = {"action": "abort", "release": NEW.release, "form_key": key}
    answer = person.client.post("/release/ask", data=form)
    assert (answer.status_code, "Your session ran out" in answer.text) == (401, True)
    assert world.inbox.peek() == []


def test_a_full_disk_is_said_and_nothing_was_asked_for(
    world: World, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auto_deployment.host.files.os.fsync", full)
    answer = person.presses("abort", NEW.release)
    assert (answer.status_code, "nothing was said" in answer.text) == (409, True)


def test_a_release_that_waits_for_a_person_can_be_approved(tmp_path: Path) -> None:
    waiting = World(tmp_path, quick(), needs_approval=True)
    waiting.boot()
    waiting.deploy()
    while not waiting.poll().waits:
        pass
    person = Site(waiting.paths.root, waiting).person()
    person.signs_in()
    assert 'value="approve"' in person.opens("/release")
    person.presses("approve", NEW.release)
    waiting.until(Phase.PROMOTED)
    assert "Approved by Ann." in waiting.release.changes[-2].reason
