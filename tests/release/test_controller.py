"""The controller with a world in which everything happens at once: whole releases, step by step."""

from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.release.inbox import Inbox
from auto_deployment.release.ports import PortError
from auto_deployment.release.release import Kind, Phase, Verb
from auto_deployment.release.state import Record, StateError
from auto_deployment.release.world import NAMES, STABLE_NAMES
from auto_deployment.release_records import read_rejected, read_released, read_serving
from tests.support.releases import NEW, OLD, World, build, full_disk, quick


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, quick())


def refused(*words: object) -> None:
    raise PortError("NGINX cannot be told (No space left on device).")


def test_before_the_first_release_what_runs_is_taken_as_stable(world: World) -> None:
    world.poll()
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == OLD.release
    world.settle()
    assert world.instances.done == []


def test_a_good_candidate_serves_everybody_in_the_end(world: World) -> None:
    world.poll()
    world.promote()
    assert [change.phase for change in world.release.changes] == list(Phase)[:6]
    assert set(world.instances.runs.values()) == {NEW.release}
    assert set(world.instances.tags.values()) == {NEW.release}
    assert world.instances.done == [f"start {name} {NEW.release}" for name in ("canary", *STABLE_NAMES)]
    assert world.edge.traffic.names == frozenset(NAMES)
    serving = read_serving(world.paths)
    assert serving is not None
    assert (serving.release, serving.content_hash) == (NEW.release, NEW.content_hash)
    assert read_released(world.paths) == {"v1", "v2"}
    assert read_rejected(world.paths) == ()


def test_while_it_bakes_everybody_is_split_by_the_release(world: World) -> None:
    world.bake()
    assert world.edge.traffic.salt == NEW.release
    assert world.edge.traffic.names == frozenset(NAMES)


def test_at_no_moment_does_nobody_serve(world: World) -> None:
    world.promote()
    world.roll_back()
    world.until(Phase.PROMOTED)
    world.settle()
    assert all(len(traffic.names) >= 2 for traffic in world.edge.history)


def test_an_erring_candidate_is_gone_within_minutes_and_never_comes_back(world: World) -> None:
    world.deploy()
    world.until(Phase.WARMING)
    world.bad = lambda user: user % 10 == 0  # every second user of the canary
    aborted = world.until(Phase.ABORTED)
    world.settle()
    assert "had a bad answer" in aborted.reason or "bad first answer" in aborted.reason
    assert (aborted.since - aborted.requested_at).total_seconds() < 120
    assert world.instances.runs == {"stable-1": OLD.release, "stable-2": OLD.release, "canary": None}
    assert set(world.instances.tags.values()) == {OLD.release}
    assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    rejected = read_rejected(world.paths)
    assert [(one.kind, one.content_hash) for one in rejected] == [("artefact", NEW.content_hash)]
    world.bad = lambda user: False
    world.deploy()
    world.polls(5)
    assert world.release.phase is Phase.ABORTED


def test_a_bad_code_push_does_not_condemn_the_model(world: World) -> None:
    world.deploy(build("v1", "bad0000"))
    world.until(Phase.WARMING)
    world.say(Verb.ABORT)
    world.until(Phase.ABORTED)
    assert [(one.kind, one.code_revision) for one in read_rejected(world.paths)] == [("code", "bad0000")]
    world.deploy(build("v1", "bad0000"))
    world.polls(3)
    assert world.release.phase is Phase.ABORTED
    world.deploy(build("v1", "good000"))
    assert world.until(Phase.BAKING).id == "v1-good000"


def test_a_slow_candidate_is_aborted_at_the_end_of_its_window_by_its_own_mean(world: World) -> None:
    world.metrics.mean_ms = {"canary": 501.0, "stable": 3.0}
    world.deploy()
    aborted = world.until(Phase.ABORTED)
    assert "take 501.0 ms on average" in aborted.reason
    baking = aborted.entered(Phase.BAKING)
    assert baking is not None
    assert (aborted.since - baking).total_seconds() >= world.params.judge.window_s


def test_slow_stables_cannot_fail_a_fast_candidate(world: World) -> None:
    world.metrics.mean_ms = {"canary": 20.0, "stable": 900.0}
    world.promote()


def test_a_candidate_that_does_not_start_is_aborted(world: World) -> None:
    world.instances.ill = {NEW.release}
    world.deploy()
    assert "did not become healthy within 30 s" in world.until(Phase.ABORTED).reason
    world.settle()
    assert world.instances.runs["canary"] is None
    assert not any("canary" in traffic.names for traffic in world.edge.history)


def test_a_candidate_that_ends_again_and_again_is_aborted(world: World) -> None:
    world.deploy()
    world.until(Phase.WARMING)
    world.instances.restarts["canary"] = 4
    assert "ended 4 times" in world.until(Phase.ABORTED).reason


def test_a_canary_that_hangs_is_recreated_and_counted(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {"canary"}
    world.polls(10)
    world.instances.ill = set()
    record = world.store.newest()
    assert record is not None
    assert record.recreated["canary"] >= 1
    assert record.release.phase is Phase.BAKING


def test_without_traffic_it_is_inconclusive(world: World) -> None:
    world.per_poll = 0
    world.deploy()
    assert "Inconclusive" in world.until(Phase.ABORTED).reason


def test_without_prometheus_the_window_waits_and_then_it_is_aborted(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.metrics.down = True
    world.polls(5)
    world.metrics.down = False
    world.polls(5)
    assert world.release.phase is Phase.BAKING
    world.metrics.down = True
    assert "Metrics have been unavailable" in world.until(Phase.ABORTED).reason


def test_a_log_that_stops_while_requests_flow_is_no_evidence(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.per_poll, asked = 0, world.requests
    for number in range(40):
        world.requests = asked + 200 * number
        world.poll()
        if world.release.phase is Phase.ABORTED:
            break
    assert "Metrics have been unavailable" in world.release.reason


def test_a_failure_while_promoting_puts_stable_back(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    world.instances.ill = {"stable-1"}
    aborted = world.until(Phase.ABORTED)
    world.instances.ill = set()
    world.settle()
    assert "stable-1 did not become healthy" in aborted.reason
    assert world.instances.runs == {"stable-1": OLD.release, "stable-2": OLD.release, "canary": None}


def test_a_newer_candidate_starts_from_nothing(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    newer = build("v3")
    world.deploy(newer)
    world.poll()
    history = [record.release for record in world.store.history()]
    assert [(one.id, one.phase) for one in history] == [
        (newer.release, Phase.STARTING),
        (NEW.release, Phase.SUPERSEDED),
    ]
    assert newer.release in history[1].reason
    world.until(Phase.PROMOTED)
    assert set(world.instances.runs.values()) == {newer.release}
    assert read_rejected(world.paths) == ()


@pytest.mark.parametrize(("first", "second"), [("v2", "v3"), ("v3", "v2")])
def test_of_two_deploys_at_once_the_later_counts(world: World, first: str, second: str) -> None:
    world.deploy(build(first))
    world.deploy(build(second))
    world.poll()
    phases = [(one.release.id, one.release.phase) for one in world.store.history()]
    assert phases == [(f"{second}-abc1234", Phase.STARTING), (f"{first}-abc1234", Phase.SUPERSEDED)]
    world.boot()
    assert world.until(Phase.PROMOTED).id == f"{second}-abc1234"


def test_a_clock_that_is_set_back_does_not_bring_an_older_release_back(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.now -= timedelta(hours=1)
    world.deploy(build("v3"))
    world.poll()
    world.boot()
    assert world.until(Phase.BAKING).id == build("v3").release


def test_the_same_deploy_twice_is_one_release(world: World) -> None:
    world.deploy()
    world.deploy()
    world.poll()
    assert len(list(world.store.history())) == 1


def test_what_serves_is_not_released_again(world: World) -> None:
    world.deploy(OLD)
    world.polls(3)
    assert world.store.newest() is None


def test_an_older_release_is_put_back_one_stable_at_a_time_and_the_newer_is_marked(world: World) -> None:
    world.promote()
    world.roll_back()
    release = world.until(Phase.PROMOTED)
    world.settle()
    assert release.kind is Kind.ROLLBACK
    assert set(world.instances.runs.values()) == {OLD.release}
    assert world.instances.done[-3:] == [f"start {name} {OLD.release}" for name in ("canary", *STABLE_NAMES)]
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == OLD.release
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]


def test_going_back_to_what_serves_ends_what_is_under_way(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.roll_back()
    world.polls(3)
    assert world.release.phase is Phase.ABORTED
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]


def test_with_approval_a_person_has_the_last_word(tmp_path: Path) -> None:
    world = World(tmp_path, quick(), needs_approval=True)
    world.deploy()
    world.until(Phase.BAKING)
    for _ in range(100):
        if world.poll().waits:
            break
    world.polls(5)
    assert world.release.phase is Phase.BAKING
    world.say(Verb.APPROVE, "ann")
    assert "Approved by ann" in world.until(Phase.PROMOTED).reason


def test_who_said_what_and_when_is_kept(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Verb.EXTEND, "ann", "holiday", 60.0)
    world.say(Verb.PROMOTE, "bob", "urgent")
    world.until(Phase.PROMOTED)
    words = world.release.words
    assert [(one.verb, one.by, one.reason, one.seconds) for one in words] == [
        (Verb.EXTEND, "ann", "holiday", 60.0),
        (Verb.PROMOTE, "bob", "urgent", 0.0),
    ]
    assert all(one.at < world.now for one in words)


def test_words_without_a_release_come_to_nothing(world: World) -> None:
    world.say(Verb.ABORT)
    world.polls(2)
    assert list(Inbox(world.paths.releases / "inbox").waiting()) == []


def test_a_damaged_file_in_the_inbox_is_put_aside(world: World) -> None:
    world.poll()
    folder = world.paths.releases / "inbox"
    folder.mkdir(exist_ok=True)
    (folder / "20260301-x.json").write_text("{", "utf-8")
    world.deploy()
    world.poll()
    assert world.release.phase is Phase.STARTING
    assert [path.name for path in folder.iterdir()] == ["20260301-x.damaged"]


def test_killed_at_any_moment_it_goes_on_and_counts_nobody_twice(world: World) -> None:
    world.deploy()
    for number in range(1000):
        world.poll()
        if world.release.phase is Phase.PROMOTED:
            break
        if number % 7 in (0, 1, 2):
            world.boot()  # killed after this look
    world.boot()
    world.settle()
    assert set(world.instances.runs.values()) == {NEW.release}
    record = world.store.newest()
    assert record is not None
    counted = sum(tick.of(track).users for tick in record.ticks for track in ("stable", "canary"))
    assert 0 < counted <= world.users


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.WARMING, Phase.BAKING, Phase.PROMOTING])
def test_after_everything_was_killed_the_release_goes_on(world: World, phase: Phase) -> None:
    """A reboot: `up -d` starts what the tags say, whatever was there before."""
    world.deploy()
    world.until(phase)
    world.poll()
    world.instances.runs = dict(world.instances.tags)
    world.boot()
    world.until(Phase.PROMOTED)


def test_after_an_abort_a_reboot_cannot_bring_the_candidate_back(world: World) -> None:
    world.deploy()
    world.until(Phase.WARMING)
    world.say(Verb.ABORT)
    world.until(Phase.ABORTED)
    world.settle()
    world.instances.runs = dict(world.instances.tags)
    assert NEW.release not in world.instances.runs.values()
    world.boot()
    world.settle()
    assert world.instances.runs["canary"] is None


def test_a_full_disk_stops_the_release_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    before = world.store.newest()
    assert before is not None
    ticks = len(before.ticks)

    with full_disk(monkeypatch):
        for _ in range(100):  # longer than the window
            world.polls(1)
        assert "make room" in world.poll().trouble
        world.instances.ill = {"stable-2"}
        world.polls(10)
        world.instances.ill = set()
        world.settle()
        assert world.instances.done[-1] == f"start stable-2 {OLD.release}"
        assert world.edge.traffic.names == frozenset(NAMES)
    assert world.release.phase is Phase.BAKING
    stopped = world.store.newest()
    assert stopped is not None
    assert len(stopped.ticks) == ticks
    world.until(Phase.PROMOTED)
    record = world.store.newest()
    assert record is not None
    baking = [tick for tick in record.ticks if tick.phase == "baking"]
    assert sum(tick.of("canary").users for tick in baking) > 0


def test_with_a_full_disk_a_candidate_that_errs_serves_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.bad = lambda user: user % 10 == 0
    with full_disk(monkeypatch):
        world.polls(60)
        for _ in range(20):
            world.poll()
            assert world.edge.traffic.names == frozenset(STABLE_NAMES)
        assert world.instances.runs["canary"] is None
        assert world.release.phase is Phase.BAKING
    assert "bad" in world.until(Phase.ABORTED).reason
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]


@pytest.mark.parametrize("edge_is_full", [False, True])
@pytest.mark.parametrize("before", [None, Verb.EXTEND])
def test_with_a_full_disk_a_persons_abort_protects_users_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, edge_is_full: bool, before: Verb | None
) -> None:
    world.bake()
    if before:
        world.say(before, seconds=60)
    world.say(Verb.ABORT)
    with full_disk(monkeypatch) as patched:
        if edge_is_full:
            patched.setattr(world.edge, "write", refused)
            for _ in range(3):
                with pytest.raises(PortError, match="No space"):
                    world.poll()
        else:
            for _ in range(10):
                assert "make room" in world.poll().trouble
            assert world.edge.traffic.names == frozenset(STABLE_NAMES)
        assert world.instances.runs["canary"] is None
    assert world.release.phase is Phase.BAKING
    assert world.until(Phase.ABORTED).reason == "Aborted by ann."


def test_with_a_full_disk_going_back_ends_a_candidate_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.promote()
    world.bake(build("v3"))
    world.roll_back()
    with full_disk(monkeypatch):
        world.polls(10)
        assert world.edge.traffic.names == frozenset(STABLE_NAMES)
        assert world.instances.runs["canary"] is None
    back = world.until(Phase.PROMOTED)
    assert (back.kind, back.id) == (Kind.ROLLBACK, OLD.release)


def test_with_a_full_disk_a_canary_that_was_taken_away_by_hand_stays_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.instances.runs["canary"] = None
    with full_disk(monkeypatch):
        world.polls(30)
        assert world.instances.runs["canary"] is None


@pytest.mark.parametrize("newer", [False, True])
def test_who_has_ended_goes_though_the_next_one_cannot_be_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch, newer: bool
) -> None:
    world.promote()
    world.bake(build("v3"))
    if newer:
        world.deploy(build("v4"))
    else:
        world.roll_back()
    write = world.store.write

    def full_for_the_next(record: Record) -> None:
        if record.release.phase is Phase.REQUESTED:
            raise StateError("make room")
        write(record)

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "write", full_for_the_next)
        world.polls(10)
        assert not world.release.under_way
        assert world.edge.traffic.names == frozenset(STABLE_NAMES)
        assert world.instances.runs["canary"] is None
    assert world.until(Phase.BAKING, Phase.PROMOTED).id == ("v4-abc1234" if newer else OLD.release)


def test_an_abort_that_was_heard_but_cannot_be_carried_out_spares_users(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.say(Verb.ABORT)
    write = world.store.write

    def full_at_the_end(record: Record) -> None:  # the word fits, what follows from it does not
        if record.release.phase is Phase.ABORTED:
            raise StateError("make room")
        write(record)

    monkeypatch.setattr(world.store, "write", full_at_the_end)
    world.polls(5)
    assert world.release.phase is Phase.BAKING
    assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    assert world.instances.runs["canary"] is None


def test_old_images_go_after_a_number_of_releases(world: World) -> None:
    world.images.tags = [NEW.release, *(f"v{number}-old" for number in range(90, 80, -1)), OLD.release]
    world.promote()
    assert world.images.tags == [
        NEW.release,
        *(f"v{number}-old" for number in range(90, 85, -1)),
        OLD.release,
    ]


def test_an_instance_that_stays_ill_between_releases_is_recreated(world: World) -> None:
    world.promote()
    before = len(world.instances.done)
    world.instances.ill = {"stable-2"}
    world.polls(8)
    world.instances.ill = set()
    world.settle()
    assert world.instances.done[before:] == [f"start stable-2 {NEW.release}"]
    assert world.edge.traffic.names == frozenset(NAMES)


def test_what_somebody_else_started_is_made_what_the_release_says(world: World) -> None:
    world.promote()
    world.instances.runs["stable-1"] = OLD.release
    world.settle()
    assert set(world.instances.runs.values()) == {NEW.release}
