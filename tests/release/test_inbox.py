"""What is asked of the controller: heard in order, once, and not lost for another's damage."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.release.inbox import Inbox, Request
from auto_deployment.release.release import Action, Kind, ReleaseCommand
from tests.support.release.world import NEW, OLD, START, build


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")  # nobody has made the folder


def test_nothing_waits_where_nobody_has_said_anything(inbox: Inbox) -> None:
    assert list(inbox.waiting()) == []


def test_what_was_said_first_is_heard_first_whoever_said_it(inbox: Inbox) -> None:
    last = inbox.command(Action.ABORT, NEW.release, "ann", START + timedelta(seconds=2))
    first = inbox.request(NEW, "pipeline", START)
    second = inbox.command(Action.EXTEND, NEW.release, "bob", START + timedelta(seconds=1), seconds=60.0)
    assert list(inbox.waiting()) == [first, second, last]


def test_of_the_same_moment_the_later_call_comes_later(inbox: Inbox) -> None:
    asked = [inbox.request(build(f"v{number}"), "pipeline", START) for number in range(20)]
    assert list(inbox.waiting()) == asked


def test_a_request_arrives_as_it_was_made(inbox: Inbox) -> None:
    asked = inbox.request(OLD, "ann", START, Kind.ROLLBACK, "it smells: ü", {"merge_request": "12"})
    (found,) = inbox.waiting()
    assert found == asked
    assert found == Request(
        asked.id, OLD, "ann", START, Kind.ROLLBACK, "it smells: ü", {"merge_request": "12"}
    )


def test_a_word_arrives_as_it_was_said(inbox: Inbox) -> None:
    said = inbox.command(Action.EXTEND, NEW.release, "ann", START, "holiday", 7200.0)
    assert list(inbox.waiting()) == [said]
    assert said == ReleaseCommand(said.id, Action.EXTEND, "ann", START, "holiday", 7200.0, NEW.release)


def test_a_request_of_old_knew_nothing_of_its_origin(inbox: Inbox, tmp_path: Path) -> None:
    asked = inbox.request(NEW, "pipeline", START)
    (file,) = (tmp_path / "inbox").iterdir()
    file.write_text(file.read_text("utf-8").replace(', "origin": {}', ""), "utf-8")
    assert "origin" not in file.read_text("utf-8")
    assert list(inbox.waiting()) == [asked]


def test_what_is_being_written_is_not_heard_yet_and_what_never_was_is_in_nobodys_way(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []

    def listen(descriptor: int) -> None:
        heard.append(list(inbox.waiting()))

    monkeypatch.setattr("auto_deployment.host.files.os.fsync", listen)
    said = inbox.command(Action.ABORT, NEW.release, "ann", START)
    assert heard[0] == []  # its content is there, its name is not
    half = tmp_path / "inbox" / ".20260301T060000000000-000001-killed.json.tmp"
    half.write_text('{"word": {"id"', "utf-8")
    assert list(inbox.waiting()) == [said]
    assert half.exists()


def test_what_is_done_waits_no_longer_and_the_others_do(inbox: Inbox) -> None:
    taken = inbox.request(NEW, "pipeline", START)
    kept = inbox.command(Action.ABORT, NEW.release, "ann", START)
    inbox.done(taken)
    inbox.done(taken)  # again, after a kill
    assert list(inbox.waiting()) == [kept]


def test_until_it_is_done_it_is_heard_again(inbox: Inbox) -> None:
    said = inbox.command(Action.ABORT, NEW.release, "ann", START)
    assert list(inbox.waiting()) == [said]
    assert list(inbox.waiting()) == [said]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"word": null}',
        b'{"word": {"id": "1"}}',
        b'{"word": {"id": "1", "verb": "dance", "by": "a", "at": "2026-03-01T06:00:00+00:00", '
        b'"reason": "", "seconds": 0}}',
        b'{"word": {"id": "1", "verb": "abort", "by": "a", "at": "2026-03-01T06:00:00", '
        b'"reason": "", "seconds": 0}}',
        b'{"request": {"id": "1"}}',
        b'{"request": {"id": "1", "candidate": "v2"}}',
        b'{"request": {"id": "1", "candidate": {"release": "v2"}}}',
        b'{"request": {"id": "1", "candidate": {}, "origin": "here"}}',
        b'{"word": {"id": 1, "verb": "abort", "by": "a", "at": "2026-03-01T06:00:00+00:00", '
        b'"reason": "", "seconds": 0}}',
        b'{"word": {"id": "1", "verb": "extend", "by": "a", "at": "2026-03-01T06:00:00+00:00", '
        b'"reason": "", "seconds": NaN}}',
    ],
)
def test_what_cannot_be_read_is_put_aside_and_the_rest_is_heard(
    inbox: Inbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    damaged = tmp_path / "inbox" / "20260301T060000000000-000000-damaged.json"
    before = inbox.request(NEW, "pipeline", START - timedelta(seconds=1))
    after = inbox.command(Action.ABORT, NEW.release, "ann", START + timedelta(seconds=1))
    damaged.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        assert list(inbox.waiting()) == [before, after]
    assert f"{damaged} cannot be read" in caplog.text
    assert not damaged.exists()
    assert damaged.with_suffix(".damaged").read_bytes() == content  # kept for whoever wants to know
    assert list(inbox.waiting()) == [before, after]


def test_what_others_leave_in_the_folder_is_not_meant(inbox: Inbox, tmp_path: Path) -> None:
    said = inbox.command(Action.ABORT, NEW.release, "ann", datetime(2026, 3, 1, tzinfo=UTC))
    for name in (".hidden.json", "notes.json", "20260301.txt", f"{said.id}.json.part"):
        (tmp_path / "inbox" / name).write_text("{", "utf-8")
    assert list(inbox.waiting()) == [said]
    assert (tmp_path / "inbox" / "notes.json").exists()
