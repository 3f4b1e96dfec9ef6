"""The edge log: one JSON line for each request, turned over without losing any."""

import json
import re
import signal
from pathlib import Path

import pytest

from auto_deployment.edge.log_files import LogFiles
from auto_deployment.local.edge_log import added, rotate, shorten
from tests.support.edge.edge import Edge
from tests.support.edge.stub_instance import StubInstance
from tests.support.http import get, get_many, send
from tests.support.waiting import eventually

Instances = dict[str, StubInstance]


def test_a_line_tells_who_asked_what_and_who_answered(edge: Edge, instances: Instances) -> None:
    reply = get(edge.port, "/recommend/0042?n=5&genre=Drama")
    (line,) = edge.log(1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert 0 <= line.pop("request_time") < 0.25
    assert 0 <= float(line.pop("upstream_response_time")) < 0.25
    assert line.pop("upstream_addr") in {instance.address for instance in instances.values()}
    assert line.pop("bytes") > len(reply.body)
    assert line == {
        "request_id": reply.headers["x-request-id"],
        "user": "42",
        "method": "GET",
        "path": "/recommend/0042",
        "status": 200,
        "track": reply.headers["x-release-track"],
        "model_version": "model-1",
        "release": "model-1-abc",
        "source": "personal",
        "upstream_status": "200",
        "limit": "PASSED",
    }


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        (b'/a"b\\c', '/a"b\\c'),
        (b"/\xff\xfe", "/"),
        (b"/recommend/" + b"7" * 500, "/recommend/" + "7" * 245),
        (b"/popular?secret=1", "/popular"),
        (b"/%22%0a%ff", "/%22%0a%ff"),
    ],
)
def test_every_line_is_ascii_json_of_bounded_length(edge: Edge, path: bytes, logged: str) -> None:
    send(edge.port, b"GET " + path + b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
    (line,) = edge.log(1)
    assert line["path"] == logged
    raw = edge.layout.edge_log.read_bytes()
    assert raw.isascii()
    assert len(raw) < 1000


def test_rotation_under_load_loses_no_line_and_doubles_none(edge: Edge) -> None:
    log = edge.layout.edge_log
    turned = 0
    for number in range(10):
        paths = [f"/nowhere/{number}/{place}" for place in range(200)]
        assert get_many(edge.port, paths).total() == 200
        turned += rotate(log, 10_000, 100, lambda: edge.process.send(signal.SIGUSR1))
    assert turned == 10
    files = [log, *log.parent.glob("edge.log.*")]

    def paths_logged() -> list[str]:
        lines = [line for file in files if file.exists() for line in file.read_bytes().splitlines()]
        return [json.loads(line)["path"] for line in lines]

    eventually(lambda: len(paths_logged()) >= 2000)
    assert sorted(paths_logged()) == sorted(
        f"/nowhere/{n}/{place}" for n in range(10) for place in range(200)
    )


def test_only_so_many_files_are_kept_newest_first(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    for number in range(1, 6):
        log.write_text(f"{number}\n" * 10, "utf-8")
        assert rotate(log, 20, 3, lambda: None)
    assert {file.name: file.read_text("utf-8")[0] for file in tmp_path.iterdir()} == {
        "edge.log.1": "5",
        "edge.log.2": "4",
    }


def test_a_small_log_is_left_alone_and_a_missing_one_is_asked_for(tmp_path: Path) -> None:
    log, asked = tmp_path / "edge.log", []
    assert not rotate(log, 20, 3, lambda: asked.append("reopen"))
    log.write_text("short\n", "utf-8")
    assert not rotate(log, 20, 3, lambda: asked.append("reopen again"))
    assert asked == ["reopen"]


def test_who_follows_starts_at_the_end_and_follows_rotation(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    log.write_bytes(b'{"n":1}\n')
    follower = LogFiles.at_end(log)
    assert added(follower) == []
    with log.open("ab") as old:
        old.write(b'{"n":2}\n{"n"')
        old.flush()
        assert added(follower) == [{"n": 2}]
        log.rename(tmp_path / "edge.log.1")
        old.write(b":3}\nno json\n[4]\n")
        old.flush()
        log.write_bytes(b'{"n":5}\n')
        assert added(follower) == [{"n": 3}, {"n": 5}]


def test_who_follows_waits_for_a_log_that_does_not_exist_yet(tmp_path: Path) -> None:
    follower = LogFiles.at_end(tmp_path / "edge.log")
    assert added(follower) == []
    (tmp_path / "edge.log").write_bytes(b'{"n":1}\n')
    assert added(follower) == [{"n": 1}]


def test_other_logs_keep_their_newest_half(tmp_path: Path) -> None:
    log = tmp_path / "stable-1.log"
    log.write_bytes(b"".join(b"line %d\n" % number for number in range(100)))
    with log.open("ab") as writer:
        shorten(log, 500)
        writer.write(b"later\n")
    lines = log.read_bytes().splitlines()
    assert 200 < log.stat().st_size < 300
    assert lines[-2:] == [b"line 99", b"later"]
    assert lines[0].startswith(b"line ")
