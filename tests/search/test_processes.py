"""Shards and a gateway as processes that die, hang and are updated while questions come in."""

import random
import shutil
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from search.movies import Movie
from search.settings import BuildSettings
from tests.support.search import small_catalogue
from tests.support.search_processes import Asking, Processes, Right, ask, processes, publish_real
from tests.support.waiting import eventually

TEXTS = ("golden castle", "gloden castle", "comedy", "1990 drama", "river of gold", "winter horror")
TWO = BuildSettings(questions=4, passes=2, shards=2)
PER_S = 100
VERSIONS = 3


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with indexes that find other rows for the same question."""
    root = tmp_path_factory.mktemp("search")
    movies = small_catalogue(120)
    versions = [
        publish_real(
            root / "indexes",
            [
                Movie(f"{turn}{(place * 7 + 31 * turn) % 120:06}", one.title, one.year, one.genres)
                for place, one in enumerate(movies)
            ],
            TWO,
        )
        for turn in range(VERSIONS)
    ]
    (root / "versions").write_text("\n".join(versions))
    return root


@pytest.fixture(scope="module")
def versions(root: Path) -> list[str]:
    return (root / "versions").read_text().split()


@pytest.fixture(scope="module")
def right(root: Path, versions: list[str]) -> Right:
    return Right(root / "indexes", versions, TEXTS)


@pytest.fixture(scope="module")
def running(root: Path, versions: list[str]) -> Iterator[Processes]:
    # A machine that others use is slower than any deadline that a person would choose.
    with processes(root, versions[0], TWO.shards, replicas=2, deadline_ms=20_000) as running:
        yield running


@pytest.fixture
def system(running: Processes, versions: list[str]) -> Processes:
    """Return it whole, and with the first version, whatever a test before has left."""
    for one in running.all:
        if one.process is None or one.process.poll() is not None:
            one.start()
        one.signal(signal.SIGCONT)
    running.show(versions[0])
    running.wait_for_shards(versions[0])
    running.wait_for(versions[0])
    return running


def asking(system: Processes) -> Asking:
    return Asking(system.gateway.port, TEXTS, PER_S)


def test_updates_under_load_with_a_shard_killed_in_each_are_not_noticed(
    system: Processes, versions: list[str], right: Right
) -> None:
    draw = random.Random(1)
    with asking(system) as load:
        for turn in range(1, 3):
            victim = draw.choice(system.shards)
            system.show(versions[turn])
            victim.kill()
            system.wait_for(versions[turn])
            victim.start()
            load.wait_for_more(20)
            system.wait_for_shards(versions[turn], victim)
            system.wait_until_known()  # who is not known yet is no replica of the next one that dies
    assert right.wrong(load.heard) == []
    assert load.seen == set(versions)


def test_of_two_updates_at_once_the_last_one_is_served_and_no_answer_is_a_mixture(
    system: Processes, versions: list[str], right: Right
) -> None:
    with asking(system) as load:
        for turn in (1, 2, 1, 0, 2):
            for one in random.Random(turn).sample(system.all, len(system.all)):
                system.show(versions[turn], one)
        system.wait_for(versions[2])
        load.wait_for_more(20)
    assert right.wrong(load.heard) == []


def test_an_update_that_fails_on_one_shard_leaves_all_with_the_old_one_and_a_repeat_ends_it(
    system: Processes, versions: list[str], right: Right, tmp_path: Path
) -> None:
    half = tmp_path / versions[1]
    shutil.copytree(system.root / "indexes" / versions[1], half)
    for path in half.glob("cluster-*-vectors.npy"):
        path.unlink()
    ill = system.shards[:2]  # both that hold the same
    with asking(system) as load:
        system.show(versions[1], system.gateway, *system.shards[2:])
        for one in ill:
            (one.root / "current").unlink()
            (one.root / "current").symlink_to(half)
            eventually(partial(one.has_refused, "incomplete"))
        system.wait_for_shards(versions[1], *system.shards[2:])
        load.wait_for_more(40)
        assert load.seen == {versions[0]}
        system.show(versions[1])
        system.wait_for(versions[1])
        load.wait_for_more(20)
    assert right.wrong(load.heard) == []
    assert all(one.ask("/status")["refused"] == [] for one in system.shards)


def test_a_gateway_that_is_killed_amid_an_update_comes_back_with_the_new_version(
    system: Processes, versions: list[str], right: Right
) -> None:
    system.show(versions[1], *system.shards[1:])
    system.gateway.kill()
    system.show(versions[1])
    system.gateway.start()
    system.wait_for(versions[1])
    assert right.wrong([ask(system.gateway.port, text) for text in TEXTS]) == []


def test_with_a_replica_a_shard_that_hangs_or_is_gone_is_not_noticed(
    system: Processes, right: Right, versions: list[str]
) -> None:
    with asking(system) as load:
        system.shards[0].signal(signal.SIGSTOP)
        load.wait_for_more(20)
        system.shards[3].kill()
        load.wait_for_more(20)
        system.shards[0].signal(signal.SIGCONT)
        system.wait_for_shards(versions[0], system.shards[0])
        load.wait_for_more(20)
    assert right.wrong(load.heard) == []


def test_without_a_shard_answers_are_partial_and_without_all_titles_answer(
    system: Processes, versions: list[str]
) -> None:
    for one in system.shards[:2]:
        one.kill()
    heard = ask(system.gateway.port, "comedy drama")
    assert (heard.version, heard.partial, heard.fault, len(heard.ids)) == (versions[0], True, "", 10)
    for one in system.shards[2:]:
        one.kill()
    whole = [ask(system.gateway.port, text) for text in ("golden castle", "gloden castle")]
    assert [(one.version, one.partial, one.fault) for one in whole] == [(versions[0], True, "")] * 2
    assert whole[0].ids[0] == whole[1].ids[0]
