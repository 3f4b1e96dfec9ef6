"""The database damaged, lost, full: a new one is begun, and everybody is told what is gone with the old."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment.fleet.errors import DatabaseError
from auto_deployment.fleet.master.database import VERSION, Database
from tests.support.fleet import V1, V2
from tests.support.master import SILENT_S, Fleet


def nonsense(path: Path) -> None:
    path.write_bytes(b"no database at all, whatever its name says\n" * 300)


def torn(path: Path) -> None:
    """Overwrite pages in the middle."""
    content = bytearray(path.read_bytes())
    content[4096 : 4 * 4096] = b"\xff" * (3 * 4096)
    path.write_bytes(bytes(content))


def gone(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def without_a_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE audit")
    connection.close()


def stopped(fleet: Fleet) -> None:
    """Let the master end; only its files are left."""
    fleet.master.database.close()


DAMAGE = [nonsense, torn, gone, empty]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_master_with_a_damaged_or_lost_database_starts_with_a_new_one_and_says_so(
    fleet: Fleet, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    fleet.report(serves=V1)
    fleet.json("POST", "/nodes/node-1/prune", {}, key="one")
    stopped(fleet)
    before = fleet.database.read_bytes()
    damage(fleet.database)
    content = fleet.database.read_bytes() if fleet.database.exists() else None
    with caplog.at_level(logging.ERROR):
        fleet.start()
    said = fleet.json("GET", "/nodes")["master"]["database_lost"]
    assert "its audit, and what nodes were asked to do, is not in this one" in said
    assert said in caplog.text
    assert fleet.value("database_lost") == 1
    assert fleet.audit() == []
    kept = list(fleet.database.parent.glob("master.db.damaged-*"))
    assert [one.read_bytes() for one in kept] == ([] if content is None else [content])
    assert before
    assert all(f"kept as {one.name}" in said for one in kept)
    fleet.report(serves=V1)  # nodes register again
    assert fleet.node()["state"] == "here"
    fleet.start()
    assert fleet.json("GET", "/nodes")["master"]["database_lost"] == said  # for as long as this one is


def test_a_first_start_has_lost_nothing(fleet: Fleet) -> None:
    assert fleet.json("GET", "/nodes")["master"]["database_lost"] == ""
    assert fleet.value("database_lost") == 0


@pytest.mark.parametrize("damage", [gone, without_a_table])
def test_a_database_that_is_lost_while_the_master_runs_is_begun_anew_and_nodes_stay(
    fleet: Fleet, damage: Callable[[Path], None]
) -> None:
    fleet.report(serves=V1)
    fleet.json("POST", "/nodes/node-1/prune", {}, key="one")
    damage(fleet.database)
    statuses = [fleet.ask("GET", "/audit").status_code for _ in range(2)]
    assert statuses[-1] == 200
    assert fleet.audit() == []
    assert fleet.json("GET", "/nodes")["master"]["database_lost"]
    assert fleet.node()["channels"]["stable"]["answers"] == V1
    assert fleet.report(serves=V1) == []
    fleet.start()
    assert fleet.node()["state"] == "here"


def test_nothing_is_deleted_before_nodes_had_time_to_register_again(fleet: Fleet) -> None:
    """Who serves the version may not have been heard yet."""
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    stopped(fleet)
    gone(fleet.database)
    fleet.start()
    status, said = fleet.said("DELETE", f"/models/films/{V2}")
    assert (status, "nodes still register: try again in 60 s" in said) == (409, True)
    fleet.now += SILENT_S
    assert fleet.json("DELETE", f"/models/films/{V2}") == {"deleted": V2}


def test_with_a_full_disk_nothing_is_done_that_is_not_written_down_and_nodes_are_still_shown(
    fleet: Fleet,
) -> None:
    fleet.publish(V1, "stable")
    fleet.publish(V2)
    fleet.report(serves=V1)
    with fleet.master.database.reading() as connection:  # SQLite meets its end as it does that of a disk
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (most,) = connection.execute("PRAGMA max_page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    full = next(
        answer
        for number in range(200)
        if (answer := fleet.ask("POST", "/nodes/node-1/prune", {}, key=f"fill-{number}")).status_code != 200
    )
    assert (full.status_code, "is full: make room" in full.text) == (503, True)
    answer = fleet.ask("PUT", "/channels/films/stable", {"version": V2, "expected": V1}, key="k" * 64)
    assert answer.status_code == 503
    assert fleet.store.channels().channels.wanted == {"stable": V1}
    assert fleet.node()["channels"]["stable"]["answers"] == V1
    assert "is full" in fleet.json("GET", "/nodes")["master"]["database_fault"]
    assert (fleet.value("database_up"), fleet.ask("GET", "/health/ready").status_code) == (0, 503)
    with fleet.master.database.reading() as connection:
        connection.execute(f"PRAGMA max_page_count = {most}")
    body = {"version": V2, "expected": V1}
    assert fleet.json("PUT", "/channels/films/stable", body, key="k" * 64)["changed"] is True
    assert (fleet.value("database_up"), fleet.ask("GET", "/health/ready").status_code) == (1, 200)


def test_a_folder_that_cannot_be_written_keeps_it_from_starting_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database(tmp_path / "file" / "master.db", lambda: 0.0).open()


def test_a_database_of_a_newer_version_is_left_alone(fleet: Fleet) -> None:
    stopped(fleet)
    with sqlite3.connect(fleet.database) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(DatabaseError, match="of a newer version of Marquee"):
        fleet.start()
    assert list(fleet.database.parent.glob("*.damaged-*")) == []
