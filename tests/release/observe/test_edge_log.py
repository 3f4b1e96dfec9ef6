"""The edge log as evidence: each user once, nothing missed and nothing twice."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO

import pytest

from auto_deployment.edge import log_files
from auto_deployment.edge.log_files import EdgeLogError
from auto_deployment.errors import MarqueeError
from auto_deployment.local.edge_log import rotate
from auto_deployment.release.judge.ticks import CANARY, STABLE, TrackCounts
from auto_deployment.release.observe.edge_log import EdgeRead, EdgeReader, Follows
from tests.support.release.edge_lines import CANARY_1, STABLE_1, STABLE_2, TRACKS, edge_line, line

GOOD, BAD, RETRIED = (CANARY_1, "200"), (CANARY_1, "502"), (STABLE_1, "200")
RELEASE = "20260301T0600-abcd-1234567"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "edge.log"
    path.write_bytes(line("of an earlier release", BAD, RETRIED))
    return path


@pytest.fixture
def reader(log: Path) -> EdgeReader:
    return EdgeReader.begin(Follows(log, TRACKS, 0.15), RELEASE)


def append(log: Path, *lines: bytes) -> None:
    with log.open("ab") as file:
        file.write(b"".join(lines))


def resumed(log: Path, state: object) -> EdgeReader:
    """Start again from what was stored."""
    return EdgeReader.resume(Follows(log, TRACKS, 0.15), RELEASE, json.loads(json.dumps(state)))


def of_canary(read: EdgeRead) -> tuple[int, int, int, int]:
    counts = read.counts[CANARY]
    return counts.users, counts.first_bad, counts.newly_bad, counts.newly_fallback


def test_a_user_counts_once_for_each_thing_that_befalls_him(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", GOOD), line("1", GOOD), line("1", BAD, RETRIED), line("1", BAD, RETRIED))
    assert of_canary(reader.read()) == (1, 0, 1, 0)
    append(log, line("1", BAD, RETRIED), line("2", BAD, RETRIED), line("1", GOOD, source="popular"))
    read = reader.read()
    assert of_canary(read) == (1, 1, 1, 1)
    assert read.counts[CANARY].requests == read.counts[CANARY].attempts == 3
    assert read.counts[CANARY].bad_attempts == 2


def test_a_retry_on_stable_is_an_attempt_there_and_no_user(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", BAD, RETRIED, source="popular"), line("1", RETRIED))
    assert reader.read().counts == {
        CANARY: TrackCounts(
            users=1, first_bad=1, newly_bad=1, requests=1, attempts=1, bad_attempts=1, newly_slow=0
        ),
        STABLE: TrackCounts(requests=1, attempts=2, newly_slow=0),
    }


def test_a_user_answers_only_for_the_track_that_is_his(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", RETRIED), line("1", BAD, RETRIED), line("1", GOOD, source="popular"))
    assert of_canary(reader.read()) == (0, 0, 0, 0)
    append(log, line("1", (STABLE_1, "504"), (STABLE_2, "200")), line("1", RETRIED, source="popular"))
    counts = reader.read().counts[STABLE]
    assert (counts.users, counts.first_bad, counts.newly_bad, counts.newly_fallback) == (0, 0, 1, 1)


def test_requests_that_name_no_user_do_not_count(log: Path, reader: EdgeReader) -> None:
    append(log, line("", BAD, RETRIED), line("", GOOD))
    read = reader.read()
    assert of_canary(read) == (0, 0, 0, 0)
    assert read.counts[CANARY].attempts == 2


def test_answers_of_nginx_itself_are_nobodys(log: Path, reader: EdgeReader) -> None:
    append(log, edge_line(upstream_addr="marquee", upstream_status="502", source="static", track="static"))
    assert reader.read().counts == {CANARY: TrackCounts(newly_slow=0), STABLE: TrackCounts(newly_slow=0)}


def test_damaged_lines_and_foreign_addresses_are_counted(log: Path, reader: EdgeReader) -> None:
    append(log, b"{broken\n", line("1", GOOD), line("2", ("10.0.0.1:80", "200")))
    read = reader.read()
    assert (read.lines, read.damaged, read.foreign_attempts, read.lost) == (3, 1, 1, False)
    assert of_canary(read) == (1, 0, 0, 0)


def test_a_log_that_others_write_is_brought_before_each_read(log: Path) -> None:
    brought = iter([line("before", BAD, RETRIED), line("1", GOOD), b"", line("2", GOOD)])

    def bring() -> None:
        if not (lines := next(brought)):
            raise EdgeLogError("away")
        append(log, lines)

    reader = EdgeReader.begin(Follows(log, TRACKS, 0.15, bring=bring), RELEASE)
    assert of_canary(reader.read()) == (1, 0, 0, 0)
    with pytest.raises(EdgeLogError, match="away"):
        reader.read()
    assert of_canary(reader.read()) == (1, 0, 0, 0)


def test_half_a_line_is_read_when_it_is_whole(log: Path, reader: EdgeReader) -> None:
    whole = line("1", BAD, RETRIED)
    append(log, whole[:100])
    assert reader.read().lines == 0
    append(log, whole[100:150])
    state = reader.state()
    append(log, whole[150:])
    assert of_canary(resumed(log, state).read()) == (1, 1, 1, 0)


def test_a_log_that_begins_within_a_line_counts_that_line(log: Path) -> None:
    whole = line("1", GOOD)
    append(log, whole[:100])
    reader = EdgeReader.begin(Follows(log, TRACKS, 0.15), RELEASE)
    append(log, whole[100:])
    read = reader.read()
    assert (read.lines, read.damaged) == (1, 0)


def test_what_was_not_stored_is_read_again_and_what_was_is_not(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", BAD, RETRIED))
    before = reader.state()
    first = reader.read()
    after = reader.state()
    assert resumed(log, before).read() == first
    assert of_canary(resumed(log, after).read()) == (0, 0, 0, 0)
    append(log, line("1", BAD, RETRIED), line("2", GOOD))
    assert of_canary(resumed(log, after).read()) == (1, 0, 0, 0)


def test_rotation_loses_nothing(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", GOOD))
    rotate(log, 1, 3, lambda: append(log.with_name("edge.log.1"), line("2", GOOD)))
    append(log, line("3", GOOD))
    assert of_canary(reader.read()) == (3, 0, 0, 0)
    append(log.with_name("edge.log.1"), line("4", GOOD))  # by a worker that had not yet reopened
    append(log, line("5", GOOD))
    assert of_canary(reader.read()) == (2, 0, 0, 0)


def test_a_reader_that_was_away_finds_the_files_by_their_inodes(log: Path, reader: EdgeReader) -> None:
    state = reader.state()
    for user in range(3):
        append(log, line(str(user), GOOD, number=user))
        rotate(log, 1, 5, lambda: None)
    read = resumed(log, state).read()
    assert (of_canary(read), read.lost) == ((3, 0, 0, 0), False)


def test_files_that_went_away_unread_are_said_to_be_lost(log: Path, reader: EdgeReader) -> None:
    state = reader.state()
    for user in range(4):
        append(log, line(str(user), GOOD, number=user))
        rotate(log, 1, 3, lambda: None)
    read = resumed(log, state).read()
    assert read.lost
    assert of_canary(read) == (2, 0, 0, 0)


def test_a_file_that_was_emptied_is_read_from_its_start(log: Path, reader: EdgeReader) -> None:
    log.write_bytes(line("7", GOOD, number=7))
    read = reader.read()
    assert of_canary(read) == (1, 0, 0, 0)
    assert read.lost


def test_another_file_that_got_the_inode_is_read_from_its_start(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", GOOD, number=1))
    reader.read()
    log.write_bytes(b"".join(line(str(user), GOOD, number=user) for user in range(10, 30)))
    assert of_canary(reader.read()) == (20, 0, 0, 0)


def test_a_log_that_is_not_there_yet_is_read_once_it_is(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    reader = EdgeReader.begin(Follows(log, TRACKS, 0.15), RELEASE)
    assert reader.read().lines == 0
    append(log, line("1", GOOD))
    read = reader.read()
    assert (of_canary(read), read.lost) == ((1, 0, 0, 0), False)


def test_a_log_that_cannot_be_read_changes_nothing(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", BAD, RETRIED))
    aside = log.rename(log.with_name("aside"))
    log.mkdir()
    with pytest.raises(EdgeLogError, match="cannot be read"):
        reader.read()
    log.rmdir()
    aside.rename(log)
    assert of_canary(reader.read()) == (1, 1, 1, 0)


def test_a_disk_that_fails_in_the_middle_changes_nothing(
    log: Path, reader: EdgeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, line("1", BAD, RETRIED), line("2", GOOD))

    def failing(file: IO[bytes]) -> Iterator[bytes]:
        yield file.readline()
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(log_files, "_complete_lines", failing)
        with pytest.raises(EdgeLogError, match="Input/output error"):
            reader.read()
    assert of_canary(reader.read()) == (2, 1, 1, 0)


def test_after_warming_users_count_anew(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", BAD, RETRIED))
    reader.read()
    reader.forget_users(RELEASE)
    append(log, line("1", GOOD))
    assert of_canary(reader.read()) == (1, 0, 0, 0)


@pytest.mark.parametrize("state", [{}, {"positions": [{}], "users": ""}, {"positions": [], "users": "x"}])
def test_a_damaged_state_is_refused(log: Path, state: object) -> None:
    with pytest.raises(MarqueeError):
        resumed(log, state)


def test_a_user_who_waits_on_his_own_track_waits_once(log: Path, reader: EdgeReader) -> None:
    slow, retried = edge_line(user="1", upstream_response_time="0.151"), f"{STABLE_1}, {CANARY_1}"
    elsewhere = {"upstream_addr": retried, "upstream_status": "504, 200"}
    append(log, edge_line(user="1", upstream_response_time="0.150"))
    assert reader.read().counts[CANARY].newly_slow == 0
    append(log, edge_line(user="1", upstream_response_time="0.250, 0.010", **elsewhere))
    assert reader.read().counts[CANARY].newly_slow == 0
    append(log, slow, slow)
    assert reader.read().counts[CANARY].newly_slow == 1
    append(log, slow)
    assert resumed(log, reader.state()).read().counts[CANARY].newly_slow == 0


def test_users_that_version_0_1_stored_are_known(log: Path, reader: EdgeReader) -> None:
    append(log, line("1", GOOD), line("2", BAD, RETRIED))
    reader.read()
    positions = reader.state()["positions"]
    h = blake2b(digest_size=8, salt=blake2b(RELEASE.encode(), digest_size=16).digest())
    packed = []
    for user, flags in (("1", 1), ("2", 3)):
        digest = h.copy()
        digest.update(user.encode())
        packed.append(int.from_bytes(digest.digest(), "little") >> 19 << 3 | flags)
    users = b64encode(b"".join(one.to_bytes(6, "little") for one in sorted(packed))).decode()
    again = resumed(log, {"positions": positions, "users": users})
    append(log, line("1", BAD, RETRIED), line("2", BAD, RETRIED), line("3", GOOD))
    assert of_canary(again.read()) == (1, 0, 1, 0)
