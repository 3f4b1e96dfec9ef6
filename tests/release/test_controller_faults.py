"""The controller when what it works with fails: nothing is lost, nothing is done twice, users are served."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.errors import MarqueeError
from auto_deployment.release.judge import judge
from auto_deployment.release.judgement import Verdict
from auto_deployment.release.phases import judge_params
from auto_deployment.release.ports import PortError
from auto_deployment.release.release import Build, Kind, Phase, Verb
from auto_deployment.release.world import STABLE_NAMES, SetTraffic
from auto_deployment.release_records import read_rejected, read_serving
from tests.support.releases import NEW, OLD, World, build, full, full_disk, quick

OTHER = build("v3")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, quick())


def broken(*words: object) -> None:
    raise PortError("docker compose: the engine has no room")


def polls(world: World, count: int) -> list[str]:
    """Look so often; return what went wrong."""
    said = []
    for _ in range(count):
        try:
            world.poll()
        except MarqueeError as error:
            said.append(str(error))
    return said


def test_how_often_the_container_ended_that_is_replaced_says_nothing_of_what_comes(world: World) -> None:
    world.poll()
    world.instances.restarts = {"stable-1": 9, "stable-2": 9, "canary": 9}
    world.deploy()
    world.until(Phase.PROMOTED)
    world.instances.restarts = {"stable-1": 9, "stable-2": 9, "canary": 9}
    world.roll_back()
    assert world.until(Phase.PROMOTED, Phase.ABORTED).phase is Phase.PROMOTED


@pytest.mark.parametrize("name", STABLE_NAMES)
def test_a_stable_that_ends_again_and_again_with_the_new_release_ends_the_promotion(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    start = world.instances.start

    def start_and_fall(instance: str, release: str) -> None:
        start(instance, release)
        if instance == name:
            world.instances.restarts[name] = 9

    monkeypatch.setattr(world.instances, "start", start_and_fall)
    assert f"{name} ended 9 times" in world.until(Phase.ABORTED).reason


@pytest.mark.parametrize("target", [build("v9"), NEW])
def test_nobody_is_sent_to_what_never_served_everybody(world: World, target: Build) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Verb.ABORT)
    world.until(Phase.ABORTED)
    world.roll_back(target)
    world.polls(5)
    assert (world.release.kind, world.release.phase) == (Kind.CANDIDATE, Phase.ABORTED)
    assert list(world.inbox.waiting()) == []


@pytest.mark.parametrize("at_once", [False, True])
def test_a_candidate_waits_until_what_is_put_back_serves(world: World, at_once: bool) -> None:
    world.promote()
    world.roll_back()
    if not at_once:
        world.until(Phase.PROMOTING)
    world.deploy(OTHER)
    back = world.until(Phase.PROMOTED)
    assert (back.kind, back.id) == (Kind.ROLLBACK, OLD.release)
    following = world.until(Phase.BAKING)
    assert (following.id, following.stable) == (OTHER.release, OLD)


def test_a_candidate_waits_until_the_one_before_serves(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    world.deploy(OTHER)
    world.deploy(build("v4"))
    assert world.until(Phase.PROMOTED).id == NEW.release
    following = world.until(Phase.BAKING)
    assert (following.id, following.stable) == ("v4-abc1234", NEW)
    assert read_rejected(world.paths) == ()


def test_a_person_is_heard_though_a_candidate_waits(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    world.deploy(OTHER)
    world.say(Verb.ABORT)
    world.until(Phase.ABORTED)
    assert world.until(Phase.BAKING).id == OTHER.release


def test_what_serves_is_written_down_as_soon_as_there_is_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.aftermath.write_serving", full)
        world.until(Phase.PROMOTED)
        world.deploy(OTHER)
        report = world.poll()
        assert "make room on the disk" in report.trouble
        assert set(world.instances.runs.values()) == {NEW.release}
        assert len(list(world.inbox.waiting())) == 1
    assert world.poll().trouble == ""
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == NEW.release
    assert world.until(Phase.BAKING).stable == NEW


def test_what_is_rejected_goes_at_once_and_is_written_down_as_soon_as_there_is_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Verb.ABORT)
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.aftermath.add_rejected", full)
        world.deploy()
        world.polls(5)
        assert world.instances.runs["canary"] is None
        assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    world.polls(3)
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]
    assert (world.release.phase, len(list(world.store.history()))) == (Phase.ABORTED, 1)


def test_people_go_back_though_it_cannot_be_written_down_what_was_rejected(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.promote()
    world.deploy(OTHER)
    world.until(Phase.BAKING)
    world.roll_back()  # ends the candidate, which is rejected by it
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.aftermath.add_rejected", full)
        assert world.until(Phase.PROMOTED).id == OLD.release
        assert set(world.instances.runs.values()) == {OLD.release}
    world.polls(3)
    kinds = [one.release.kind for one in world.store.history()]
    assert kinds == [Kind.ROLLBACK, Kind.CANDIDATE, Kind.CANDIDATE]
    assert {one.release for one in read_rejected(world.paths)} == {OTHER.release, NEW.release}


def test_people_go_back_while_an_end_is_still_to_be_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    world.deploy(OTHER)
    world.until(Phase.BAKING)
    world.say(Verb.ABORT)
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.aftermath.add_rejected", full)
        world.until(Phase.ABORTED)
        world.polls(3)
        world.roll_back()
        assert world.until(Phase.PROMOTED).id == OLD.release
    world.polls(2)
    assert {one.release for one in read_rejected(world.paths)} == {OTHER.release, NEW.release}


def test_people_go_back_though_the_rejections_are_damaged(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    (world.paths.releases / "rejected.json").write_text("{", "utf-8")
    world.roll_back()
    assert world.until(Phase.PROMOTED).kind is Kind.ROLLBACK


def test_a_candidate_that_never_ran_is_not_rejected_by_going_back(world: World) -> None:
    world.promote()
    world.deploy(OTHER)
    world.roll_back()
    world.until(Phase.PROMOTED)
    world.polls(3)
    assert {one.release for one in read_rejected(world.paths)} == {NEW.release}
    world.deploy(OTHER)
    assert world.until(Phase.BAKING).id == OTHER.release


def test_the_image_of_who_waits_is_kept(world: World) -> None:
    world.images.tags = [f"v{number}-old" for number in range(20)] + [OTHER.release]
    world.deploy()
    world.until(Phase.PROMOTING)
    world.deploy(OTHER)
    world.until(Phase.PROMOTED)
    assert OTHER.release in world.images.tags
    assert "v19-old" not in world.images.tags


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.PROMOTING])
def test_while_nobody_looks_nothing_is_late(tmp_path: Path, phase: Phase) -> None:
    world = World(tmp_path, replace(quick(), start_max_s=300.0))
    world.deploy()
    if phase is Phase.PROMOTING:
        world.until(phase)
    world.instances.ill = {NEW.release}
    world.polls(5)
    world.now += timedelta(hours=1)  # asleep
    world.polls(5)
    world.instances.ill = set()
    world.until(Phase.PROMOTED)


def test_how_ill_a_stable_was_with_the_old_release_says_nothing_of_the_new_one(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {OLD.release}
    world.polls(14)
    world.say(Verb.PROMOTE)
    world.until(Phase.PROMOTED)


def test_a_full_disk_that_starts_no_candidate_lets_others_be_put_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.instances.runs["canary"] = None
    world.instances.ill = {"stable-1"}
    with full_disk(monkeypatch):
        world.polls(12)
    assert f"start stable-1 {OLD.release}" in world.instances.done
    assert world.instances.done.count(f"start canary {NEW.release}") == 1


def test_an_aborted_canary_goes_though_it_is_the_only_one_that_serves(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {OLD.release}
    world.polls(30)
    world.say(Verb.ABORT)
    world.polls(10)
    assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    assert world.instances.runs["canary"] is None


def test_an_approval_is_kept_while_metrics_are_away(tmp_path: Path) -> None:
    world = World(tmp_path, quick(), needs_approval=True)
    world.deploy()
    assert any(world.poll().waits for _ in range(500))
    world.metrics.down = True
    world.polls(4)
    world.say(Verb.APPROVE)
    world.polls(4)
    world.metrics.down = False
    assert "Approved by ann" in world.until(Phase.PROMOTING).reason


def test_what_cannot_be_read_in_the_inbox_is_in_nobodys_way(world: World) -> None:
    world.poll()
    (world.paths.releases / "inbox" / "20260301T060000000000-1.json").mkdir(parents=True)
    world.deploy()
    world.until(Phase.BAKING)


def test_while_the_controller_is_away_no_candidate_is_late(world: World) -> None:
    world.instances.ill = {NEW.release}
    world.deploy()
    world.until(Phase.STARTING)
    world.polls(3)
    world.now += timedelta(hours=3)
    world.boot()
    world.polls(2)
    world.instances.ill = set()
    world.until(Phase.BAKING)


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.PROMOTING])
def test_what_cannot_be_started_is_given_up_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    world.deploy()
    if phase is Phase.PROMOTING:
        world.until(phase)
    monkeypatch.setattr(world.instances, "start", broken)
    assert "the engine has no room" in polls(world, 30)[0]
    assert world.release.phase is Phase.ABORTED
    assert "could not be started" in world.release.reason
    assert read_rejected(world.paths) == ()
    monkeypatch.undo()
    world.deploy()
    world.until(Phase.PROMOTED)


def test_an_instance_that_cannot_be_put_anew_has_not_ended_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {"canary"}
    with monkeypatch.context() as patched:
        patched.setattr(world.instances, "start", broken)
        assert len(polls(world, 12)) > 4
    world.instances.ill = set()
    world.polls(3)
    record = world.store.newest()
    assert record is not None
    assert (record.release.phase, record.recreated.get("canary", 0)) == (Phase.BAKING, 0)


def test_nobody_is_replaced_before_nginx_has_heard_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    served: list[bool] = []
    start = world.instances.start

    def start_and_note(name: str, release: str) -> None:
        served.append(name in world.edge.history[-1].names)
        start(name, release)

    monkeypatch.setattr(world.instances, "start", start_and_note)
    for _ in range(200):
        world.edge.deaf = not world.edge.deaf and world.users % 3 != 0
        polls(world, 1)
    assert (world.release.phase, served) == (Phase.PROMOTED, [False, False])
    world.edge.deaf = False
    world.settle()
    assert world.edge.history[-1] == world.edge.traffic


def test_an_aborted_canary_goes_though_nginx_cannot_be_told(world: World) -> None:
    world.bake()
    world.edge.deaf = True
    world.say(Verb.ABORT)
    assert len(polls(world, 5)) == 5
    assert (world.release.phase, world.instances.runs["canary"]) == (Phase.ABORTED, None)
    assert world.instances.done.count("remove canary") == 1
    world.edge.deaf = False
    world.settle()
    assert world.edge.history[-1].names == frozenset(STABLE_NAMES)


def test_damaged_rejections_keep_requests_waiting_and_no_person_from_ending_a_release(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    path = world.paths.releases / "rejected.json"
    path.write_text("{", "utf-8")
    world.deploy(OTHER)
    assert f"{path} is damaged" in world.poll().trouble
    world.say(Verb.ABORT)
    world.until(Phase.ABORTED)
    report = world.poll()
    assert f"{path} is damaged" in report.trouble
    world.polls(4)
    assert world.instances.runs["canary"] is None
    assert len(list(world.inbox.waiting())) == 1
    path.write_text("[]", "utf-8")
    assert world.until(Phase.BAKING).id == OTHER.release
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]


def test_what_serves_is_known_from_the_last_release_while_its_file_is_damaged(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    (world.paths.releases / "serving.json").write_text("{", "utf-8")
    world.boot()
    world.instances.runs["stable-1"] = OLD.release
    for _ in range(20):
        assert "is damaged" in world.poll().trouble
    assert set(world.instances.runs.values()) == {NEW.release}


def test_a_damaged_file_of_an_older_release_is_in_nobodys_way(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    (oldest,) = world.paths.releases.glob("2*.json")
    world.deploy(OTHER)
    world.until(Phase.PROMOTED)
    oldest.write_text("{", "utf-8")
    world.boot()
    assert [one.release.id for one in world.store.history()] == [OTHER.release]
    world.roll_back(NEW)
    assert world.until(Phase.PROMOTED).id == NEW.release


def test_a_clock_that_is_set_back_stops_neither_evidence_nor_healing(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(4)
    world.instances.ill = {"stable-2"}
    world.polls(2)
    world.now -= timedelta(hours=5)
    world.polls(10)
    assert any(one.startswith("start stable-2") for one in world.instances.done)
    world.instances.ill = set()
    began = world.now
    world.until(Phase.PROMOTED)
    assert (world.now - began).total_seconds() < 240
    record = world.store.newest()
    assert record is not None
    baked_s = sum(tick.duration_s for tick in record.ticks if tick.phase == "baking")
    assert 120 <= baked_s <= 160


def test_whoever_was_superseded_is_told_of_though_the_look_fails_or_is_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.deploy(OTHER)
    with monkeypatch.context() as patched:
        patched.setattr(world.instances, "look", broken)
        polls(world, 2)
    told = [(one.release.id, one.release.phase) for one in world.poll().changed]
    assert told[:2] == [(NEW.release, Phase.SUPERSEDED), (OTHER.release, Phase.REQUESTED)]
    world.boot()
    assert [one.release.id for one in world.poll().changed][:2] == [NEW.release, OTHER.release]
    assert world.poll().changed == ()


def test_approval_of_evidence_that_is_still_to_come_counts_for_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, quick(), needs_approval=True)
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Verb.APPROVE)
    assert any(world.poll().waits for _ in range(500))
    world.polls(5)
    assert (world.release.phase, world.release.words) == (Phase.BAKING, ())
    world.boot()
    world.say(Verb.APPROVE)
    assert "Approved by ann" in world.until(Phase.PROMOTING).reason


def test_nginx_is_told_again_after_a_kill_between_file_and_reload(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    world.edge.deaf = True
    polls(world, 3)
    assert world.edge.history[-1] != world.edge.traffic
    world.edge.deaf = False
    world.boot()
    assert world.poll().step == SetTraffic(world.edge.traffic)
    assert world.edge.history[-1] == world.edge.traffic


@pytest.mark.parametrize("damaged", [True, False])
def test_people_go_back_from_what_has_just_been_promoted_though_that_is_not_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch, damaged: bool
) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    world.deploy(OTHER)
    world.until(Phase.PROMOTING)
    with monkeypatch.context() as patched:
        if damaged:
            (world.paths.releases / "serving.json").write_text("{", "utf-8")
        else:
            patched.setattr("auto_deployment.release.aftermath.write_serving", full)
        world.until(Phase.PROMOTED)
        world.polls(2)
        world.roll_back(NEW)
        back = world.until(Phase.PROMOTED)
        assert (back.kind, back.stable, back.id) == (Kind.ROLLBACK, OTHER, NEW.release)
        assert set(world.instances.runs.values()) == {NEW.release}
    if damaged:
        (world.paths.releases / "serving.json").unlink()
    world.polls(3)
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == NEW.release
    assert {one.release for one in read_rejected(world.paths)} == {OTHER.release}


def test_an_edge_log_that_cannot_be_read_keeps_a_candidate_waiting_and_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()

    def unreadable(*words: object) -> None:
        raise MarqueeError("the edge log cannot be read")

    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.observer.EdgeReader.begin", unreadable)
        world.deploy(OTHER)
        world.instances.ill = {"stable-1"}
        world.polls(12)
        assert world.poll().trouble == "the edge log cannot be read"
        assert world.instances.runs["canary"] is None
        assert f"start stable-1 {OLD.release}" in world.instances.done
    world.instances.ill = set()
    assert world.until(Phase.BAKING).id == OTHER.release


def test_an_aborted_canary_goes_though_nobody_else_can_be_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {OLD.release}
    monkeypatch.setattr(world.instances, "start", broken)
    polls(world, 30)
    world.say(Verb.ABORT)
    polls(world, 6)
    assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    assert world.instances.runs["canary"] is None


def test_an_instance_that_cannot_be_started_lets_others_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.poll()
    start = world.instances.start

    def start_others(name: str, release: str) -> None:
        if name == "stable-1":
            raise PortError("docker compose: no")
        start(name, release)

    monkeypatch.setattr(world.instances, "start", start_others)
    world.instances.ill = {"stable-1"}
    world.instances.runs["stable-2"] = None
    assert polls(world, 20)
    assert world.instances.runs["stable-2"] == OLD.release
    assert "stable-2" in world.edge.traffic.names


def test_who_is_well_serves_though_another_cannot_be_put_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    start = world.instances.start

    def start_new(name: str, release: str) -> None:
        if release == OLD.release:
            raise PortError("docker compose: no such image")
        start(name, release)

    monkeypatch.setattr(world.instances, "start", start_new)
    world.instances.ill = {OLD.release}
    polls(world, 10)
    world.say(Verb.PROMOTE)
    for _ in range(100):
        polls(world, 1)
    assert world.release.phase is Phase.PROMOTED
    assert set(world.instances.runs.values()) == {NEW.release}


@pytest.mark.parametrize("said", [True, False])
def test_an_abort_that_waits_for_room_comes_before_a_newer_candidate(
    world: World, monkeypatch: pytest.MonkeyPatch, said: bool
) -> None:
    world.bake()
    if said:
        world.say(Verb.ABORT)
    else:
        world.bad = lambda user: user % 10 == 0
    with full_disk(monkeypatch) as patched:
        world.polls(60)
        assert world.instances.runs["canary"] is None
        patched.undo()
        world.deploy(OTHER)
        world.bad = lambda user: False
    assert world.until(Phase.BAKING).id == OTHER.release
    first = list(world.store.history())[-1]
    assert first.release.phase is Phase.ABORTED
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]
    if not said:
        params = judge_params(first.release, world.params)
        assert judge(first.ticks, params).verdict is Verdict.ABORT  # its evidence is kept


def test_a_log_that_stops_while_the_disk_is_full_is_no_evidence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(4)
    with full_disk(monkeypatch) as patched:
        patched.setattr(world, "serve", lambda count: setattr(world, "requests", world.requests + count))
        world.polls(15)
    world.polls(2)
    record = world.store.newest()
    assert record is not None
    assert [tick.metrics_available for tick in record.ticks][-1] is False


def test_a_canary_that_cannot_be_started_again_is_not_rejected(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.instances.runs["canary"] = None
    monkeypatch.setattr(world.instances, "start", broken)
    polls(world, 30)
    assert (world.release.phase, world.release.blameless) == (Phase.ABORTED, True)
    assert read_rejected(world.paths) == ()
