"""What the end of a release means for the channels of a model store."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.artifact import read_manifest
from auto_deployment.cycle.release_ends import ReleaseEnds, follow, following
from auto_deployment.fleet.errors import MissingError, StoreError
from auto_deployment.fleet.store import ModelStore
from auto_deployment.paths import Paths
from auto_deployment.release.release import Build, Kind, Phase, Release, requested
from auto_deployment.release.store import Record, Store
from tests.support.fleet import NOW, V1, V2, V3, Node
from tests.support.waiting import eventually


class Host:
    """A store that wants V1 as stable and V2 as canary, and the releases of one host."""

    def __init__(self, folder: Path) -> None:
        self.node = Node(folder)
        self.store = self.node.store
        self.paths = Paths(folder / "data")
        self.releases = Store(self.paths.releases)
        self.releases.open()
        self.builds = {}
        for number, version in enumerate((V1, V2, V3)):
            found = self.node.publish(version, seed=number)
            hashed = str(read_manifest(found)["content_hash"])
            self.builds[version] = Build(f"{version}-c", version, hashed, "c")
        self.store.move({"stable": V1, "canary": V2}, NOW)
        self.count = 0

    def write(self, phase: Phase, candidate: str, stable: str, kind: Kind = Kind.CANDIDATE) -> Release:
        """Write a release down, later than those before."""
        self.count += 1
        at = NOW + timedelta(hours=self.count)
        release = requested(self.builds[candidate], self.builds[stable], f"r{self.count}", "ann", at, kind)
        release = release.to(phase, at, "as the test wants it")
        self.releases.write(Record(release))
        return release

    def step(self) -> int:
        return ReleaseEnds(self.paths, self.store).step(NOW)

    @property
    def wanted(self) -> dict[str, str]:
        return dict(self.store.channels().channels.wanted)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_what_is_promoted_is_what_stable_wants(host: Host) -> None:
    host.write(Phase.BAKING, V2, V1)
    assert host.step() == 0
    host.count = 0
    host.write(Phase.PROMOTED, V2, V1)
    assert host.step() == 1
    assert host.wanted == {"stable": V2, "canary": V2}
    assert host.step() == 0  # once


def test_an_abort_gives_canary_back_and_the_model_is_never_delivered_again(host: Host) -> None:
    host.write(Phase.ABORTED, V2, V1)
    host.step()
    assert host.wanted == {"stable": V1, "canary": V1}
    assert host.store.rejected() == {host.builds[V2].content_hash}


def test_what_was_inconclusive_gives_canary_back_and_is_not_rejected(host: Host) -> None:
    host.write(Phase.INCONCLUSIVE, V2, V1)
    host.step()
    assert host.wanted == {"stable": V1, "canary": V1}
    assert host.store.rejected() == set()


def test_an_end_takes_nothing_from_a_newer_candidate(host: Host) -> None:
    host.store.move({"canary": V3}, NOW)
    host.write(Phase.SUPERSEDED, V2, V1)
    host.step()
    assert host.wanted == {"stable": V1, "canary": V3}


def test_a_rollback_moves_stable_and_rules_out_what_it_left(host: Host) -> None:
    host.store.move({"stable": V2}, NOW)
    host.write(Phase.PROMOTED, V1, V2, Kind.ROLLBACK)
    host.step()
    assert host.wanted == {"stable": V1, "canary": V1}
    assert host.store.rejected() == {host.builds[V2].content_hash}


def test_what_ended_while_the_store_was_away_is_told_in_order_when_it_is_back(host: Host) -> None:
    host.write(Phase.PROMOTED, V2, V1)
    host.step()
    host.write(Phase.INCONCLUSIVE, V3, V2)
    host.write(Phase.PROMOTED, V3, V2)

    def away(what: str, path: str, start: int) -> None:
        raise StoreError("away")

    host.node.files.on = away
    with pytest.raises(StoreError):
        host.step()
    host.node.files.on = lambda *_: None
    assert host.step() == 2
    assert host.wanted["stable"] == V3


def test_a_promoted_model_that_is_not_in_the_store_yet_is_waited_for(host: Host) -> None:
    host.node.delete(V3)
    host.write(Phase.PROMOTED, V3, V1)
    with pytest.raises(MissingError):
        host.step()
    host.store.publish(host.node.models / V3)
    assert host.step() == 1
    assert host.wanted["stable"] == V3


def test_one_that_never_came_keeps_no_later_end_waiting(host: Host) -> None:
    host.write(Phase.INCONCLUSIVE, V2, V1)
    host.step()
    host.node.delete(V3)
    host.write(Phase.PROMOTED, V3, V1)
    host.write(Phase.PROMOTED, V2, V3)
    assert host.step() == 2
    assert host.wanted["stable"] == V2


def test_a_store_that_is_new_learns_the_last_end_only(host: Host) -> None:
    host.write(Phase.PROMOTED, V3, V1)
    host.write(Phase.PROMOTED, V2, V3)
    host.write(Phase.BAKING, V3, V2)
    assert host.step() == 1
    assert host.wanted["stable"] == V2


def test_a_thread_tells_of_ends_while_it_is_wanted(host: Host) -> None:
    host.write(Phase.PROMOTED, V2, V1)
    with following(host.paths, None):
        pass
    assert host.wanted["stable"] == V1
    with following(host.paths, lambda: host.store):
        eventually(lambda: host.wanted["stable"] == V2)


def test_a_store_that_fails_ends_no_thread(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    host.write(Phase.PROMOTED, V2, V1)
    rounds = iter([False, True])

    def away() -> ModelStore:
        raise StoreError("The model store is away.")

    follow(host.paths, away, lambda _: next(rounds))
    assert next(rounds, None) is None  # it came round twice
    assert [record.message for record in caplog.records] == ["The model store is away."]  # said once
