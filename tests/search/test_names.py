"""One name for all replicas of a shard, as a Swarm has it: each host behind it is a replica of its own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.search import small_catalogue
from tests.support.search_services import SearchSystem, ShardProcess, publish_index

FIRST, SECOND = "127.0.0.1", "127.0.0.2"


class Names:
    """What a resolver says; the hosts of `tasks.shard-0`, which come and go."""

    def __init__(self) -> None:
        self.hosts = [SECOND, FIRST]

    def __call__(self, name: str) -> tuple[str, list[str], list[str]]:
        if name == "tasks.shard-0" and self.hosts:
            return name, [], self.hosts
        raise socket.gaierror(socket.EAI_NONAME, "unknown")


class Named(SearchSystem):
    """A search whose shard 0 is known by a name alone."""

    version = ""

    def names(self) -> list[str]:
        return [f"tasks.shard-0:{self.shards[0].port}", *(one.address for one in self.shards[1:])]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    found, before = Names(), socket.gethostbyname_ex

    def resolve(name: str) -> tuple[str, list[str], list[str]]:
        return found(name) if name.startswith("tasks.") else before(name)

    monkeypatch.setattr(socket, "gethostbyname_ex", resolve)
    return found


@pytest.fixture
def replica(system: Named) -> Iterator[ShardProcess]:
    """Another process of shard 0, at the same port of another host."""
    (system.root / "replica").mkdir()
    system.show(system.version, system.root / "replica")
    one = ShardProcess(system.root / "replica", 0, SECOND, system.shards[0].port)
    yield one
    one.kill()


@pytest.fixture
def system(tmp_path: Path, names: Names) -> Iterator[Named]:
    system = Named(tmp_path)
    system.version = publish_index(tmp_path / "indexes", small_catalogue())
    system.show(system.version)
    yield system
    system.close()


def is_whole(system: Named) -> bool:
    found = system.gateway.find("comedy drama", 10)
    assert found is not None
    return not found.partial


def test_a_replica_that_ends_is_stood_in_for_by_the_other_one_behind_its_name(
    system: Named, replica: ShardProcess
) -> None:
    system.look()
    assert system.gateway.shards_up == system.gateway.shards_known == len(system.shards) + 1
    assert [is_whole(system) for _ in range(4)] == [True] * 4
    system.shards[0].kill()
    assert [is_whole(system) for _ in range(4)] == [True] * 4
    system.look()
    assert (system.gateway.shards_up, system.gateway.shards_known) == (4, 5)


def test_a_version_is_served_by_those_who_hold_it_while_the_other_replica_lags_behind(
    system: Named, replica: ShardProcess
) -> None:
    system.look()
    newer = publish_index(system.root / "indexes", small_catalogue(150))
    system.show(newer)  # but for the replica
    system.look()
    system.look()
    assert system.gateway.version == newer
    assert [is_whole(system) for _ in range(4)] == [True] * 4


def test_who_is_no_longer_behind_the_name_is_not_asked_any_more(
    system: Named, replica: ShardProcess, names: Names
) -> None:
    system.look()
    asked: list[str] = []
    replica.delay = lambda: asked.append("replica")
    names.hosts = [FIRST]
    system.look()
    system.shards[0].kill()
    assert not is_whole(system)  # though the replica would answer: its address may be another's by now
    assert asked == []
    names.hosts = []
    system.look()
    assert (system.gateway.shards_up, system.gateway.shards_known) == (3, 4)
