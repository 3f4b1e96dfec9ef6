"""A forgotten user over several cycles: the next version is without, and those of before go in time."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.cycle.forgotten import Forgotten, look_for_forgotten
from auto_deployment.cycle.outcome import PUBLISHED, Outcome
from auto_deployment.cycle.publish import retain
from auto_deployment.people.all_places import places_of
from auto_deployment.people.forget import Done, forget
from auto_deployment.people.version_place import VersionPlace
from auto_deployment.release.records import Serving, write_serving
from tests.support.commands import said_by
from tests.support.cycle.home import BEGIN, CycleHome
from tests.support.find_user import files_with
from tests.support.project import PROJECT

ANN = 900_017
SOON, LATE = BEGIN + timedelta(days=1), BEGIN + timedelta(days=31)


def forget_ann(home: CycleHome) -> Done:
    return forget(home.paths, places_of(home.paths), ANN, BEGIN)


def published(outcome: Outcome) -> str:
    assert outcome.kind == PUBLISHED, outcome.sentence
    return str(outcome.version)


def serve(home: CycleHome, version: str) -> None:
    write_serving(home.paths, Serving(version, "0" * 64, "abc", f"{version}-abc", BEGIN.isoformat()))


def named_until(home: CycleHome, done: Done) -> Mapping[str, str]:
    place = VersionPlace(look_for_forgotten(home.make()), 30)
    return {one.where: one.goes for one in place.held(done.wish)}


def look(home: CycleHome) -> Forgotten:
    return look_for_forgotten(home.make())


@pytest.mark.usefixtures("dvc_itself")
def test_the_next_version_is_without_the_user_and_retention_removes_what_was_before(home: CycleHome) -> None:
    home.arrive("first", ANN)
    home.arrive("others", 2)
    first = published(home.cycle())
    done = forget_ann(home)
    home.arrive("second", 2)
    second = published(home.cycle(1))
    names = {path.stem for path in (home.layout.clone / "data" / "segments").glob("*.parquet")}
    assert "first" not in names
    assert {"others", "second", done.wish.name} < names

    serve(home, first)
    assert (
        named_until(home, done)[f"version {first}"]
        == "until 2026-03-31, if by then another one is released: it serves"
    )
    serve(home, second)
    assert (
        named_until(home, done)[f"version {first}"]
        == "until 2026-03-31, or at once by `marquee retain --now`"
    )
    assert (look(home).overdue(SOON, 30), look(home).overdue(LATE, 30)) == (set(), {first})
    assert look(home).at_once() == {first}

    cycle = home.make()
    retain(cycle, 10, home.publish, dry_run=True, away={first})
    assert first in look(home).holds
    retention, _ = retain(cycle, 10, home.publish, dry_run=False, away={first})
    assert retention.kept == (second,)  # that the first was released once does not keep it
    assert list(named_until(home, done)) == [
        f"version {second}"
    ]  # its champion's model is an input of its flow

    wish = (home.paths.segments / f"{done.wish.name}.parquet").read_bytes()
    assert {(home.root / name).read_bytes() for name in files_with(home.root, ANN)} == {wish}


def test_a_version_that_was_on_its_way_when_the_user_was_forgotten_is_named(home: CycleHome) -> None:
    home.arrive("first", ANN)
    found: list[Done] = []

    def step(name: str) -> None:
        if name == "reproduce":
            found.append(forget_ann(home))

    version = published(home.cycle(step=step))
    assert (home.paths.segments / "first.parquet").exists()  # the cycle was reading it
    assert list(look(home).holds) == [version]
    home.arrive("second", 2)
    published(home.cycle(1))
    assert not (home.paths.segments / "first.parquet").exists()
    assert not (home.layout.clone / "data" / "segments" / "first.parquet").exists()


@pytest.mark.usefixtures("dvc_itself")
def test_a_cycle_removes_what_is_due_also_where_it_publishes_nothing(home: CycleHome) -> None:
    home.arrive("first", ANN)
    first = published(home.cycle())
    forget_ann(home)  # longer ago by now than such a version may stay
    home.arrive("second", 2)
    second = published(home.cycle(1))
    serve(home, second)
    home.arrive("bad-third", 2)
    known = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "DVC_ITSELF")}
    addresses = {"DATA_DIR": home.paths.root, "GIT_REMOTE": home.bare, "DVC_REMOTE": home.storage}
    environ = known | {name: str(path) for name, path in addresses.items()}
    said = said_by(environ | {"PARAMS_FILE": str(PROJECT / "params.yaml")}, "retrain")
    assert "refused: " in said
    assert first not in look(home).holds


def test_who_was_never_published_leaves_nothing_to_remove(one: CycleHome) -> None:
    one.arrive("new", ANN)
    forget_ann(one)
    assert dict(look(one).holds) == {}


def test_without_a_clone_no_version_is_known(home: CycleHome, tmp_path: Path) -> None:
    home.arrive("first", ANN)
    forget_ann(home)
    assert dict(look(home).holds) == {}
