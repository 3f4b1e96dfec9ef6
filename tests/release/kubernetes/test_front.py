"""The edge log of several NGINX pods in one file: every line once, whatever ends in between."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from auto_deployment.edge.log_files import EdgeLogError
from auto_deployment.release.kubernetes.front import EdgeLogs, Requests
from tests.release.kubernetes.conftest import World
from tests.support.release.fake_kubernetes import pod
from tests.support.small_disk import small_disk


@dataclass
class Nginx:
    """One that shows files by parts, and its counter, as NGINX does."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    requests: int = 0
    away: bool = False

    def answer(self, path: str, wanted: str) -> tuple[int, bytes]:
        if path == "/stub_status":
            return 200, f"server accepts handled requests\n 1 1 {self.requests} \n".encode()
        content = self.files.get(path.strip("/"))
        if content is None or self.away:
            return (500, b"") if self.away else (404, b"")
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)
        assert match is not None
        first, last = int(match[1]), int(match[2])
        return (416, b"") if first >= len(content) else (206, content[first : last + 1])


@pytest.fixture
def nginx() -> Iterator[Nginx]:
    told = Nginx()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = told.answer(self.path, self.headers.get("Range", ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        told.port = server.server_port
        yield told
        server.shutdown()


def lines(first: int, last: int) -> bytes:
    return b"".join(b'{"line":%d,"padding":"%s"}\n' % (number, b"x" * 90) for number in range(first, last))


def logs_of(world: World, nginx: Nginx, folder: Path) -> EdgeLogs:
    world.fake.pods = [pod("front-1", "front", "marquee-nginx")]
    return EdgeLogs(world.api, folder / "edge" / "edge.log", nginx.port)


def test_what_is_added_is_brought_once_and_half_a_line_waits(
    world: World, nginx: Nginx, tmp_path: Path
) -> None:
    logs = logs_of(world, nginx, tmp_path)
    logs.bring()  # there is no log yet
    nginx.files["edge.log"] = lines(0, 3) + b'{"line":3'
    logs.bring()
    assert logs.log.read_bytes() == lines(0, 3)
    nginx.files["edge.log"] = lines(0, 5)
    logs.bring()
    logs.bring()
    assert logs.log.read_bytes() == lines(0, 5)


def test_a_log_that_was_turned_over_is_read_to_its_end_and_then_the_new_one(
    world: World, nginx: Nginx, tmp_path: Path
) -> None:
    logs = logs_of(world, nginx, tmp_path)
    nginx.files["edge.log"] = lines(0, 3)
    logs.bring()
    nginx.files = {"edge.log.1": lines(0, 5)}  # no new one yet
    logs.bring()
    nginx.files = {"edge.log.1": lines(0, 6), "edge.log": lines(6, 8)}
    logs.bring()
    assert logs.log.read_bytes() == lines(0, 8)


def test_a_controller_killed_between_lines_and_note_brings_none_twice(
    world: World, nginx: Nginx, tmp_path: Path
) -> None:
    logs = logs_of(world, nginx, tmp_path)
    nginx.files["edge.log"] = lines(0, 3)
    logs.bring()
    with logs.log.open("ab") as file:  # appended, and not noted
        file.write(lines(3, 5))
    nginx.files["edge.log"] = lines(0, 6)
    EdgeLogs(world.api, logs.log, nginx.port).bring()
    assert logs.log.read_bytes() == lines(0, 6)


def test_the_log_here_is_turned_over_as_well(
    world: World, nginx: Nginx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.release.kubernetes.front.TURN_BYTES", 500)
    logs = logs_of(world, nginx, tmp_path)
    for count in (6, 12):
        nginx.files["edge.log"] = lines(0, count)
        logs.bring()
    older = logs.log.with_name("edge.log.2").read_bytes() + logs.log.with_name("edge.log.1").read_bytes()
    assert (older, logs.log.read_bytes()) == (lines(0, 12), b"")


def test_a_full_disk_keeps_no_part_of_what_is_brought(world: World, nginx: Nginx, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k"):
        logs = logs_of(world, nginx, tmp_path / "disk")
        nginx.files["edge.log"] = lines(0, 3)
        logs.bring()
        nginx.files["edge.log"] = lines(0, 900)
        with pytest.raises(EdgeLogError, match=r"cannot be written \(No space left on device"):
            logs.bring()
        assert logs.log.read_bytes() == lines(0, 3)
        nginx.files["edge.log"] = lines(0, 5)
        logs.bring()
        assert logs.log.read_bytes() == lines(0, 5)


def test_an_nginx_that_must_answer_and_does_not_is_no_complete_log(
    world: World, nginx: Nginx, tmp_path: Path
) -> None:
    logs = logs_of(world, nginx, tmp_path)
    nginx.files, nginx.away = {"edge.log": lines(0, 1)}, True
    with pytest.raises(EdgeLogError, match="The edge log is not complete"):
        logs.bring()
    world.fake.pods = [pod("front-1", "front", "marquee-nginx", ready=False)]
    logs.bring()  # it is about to go, or not there yet: nobody asks it
    nginx.away = False
    logs.bring()
    assert logs.log.read_bytes() == lines(0, 1)


def test_a_damaged_note_is_told(world: World, nginx: Nginx, tmp_path: Path) -> None:
    logs = logs_of(world, nginx, tmp_path)
    logs.log.parent.mkdir()
    logs.log.with_name("brought.json").write_text(json.dumps({"size": "many"}), "utf-8")
    with pytest.raises(EdgeLogError, match="is damaged: remove it between releases"):
        logs.bring()


def test_requests_of_all_pods_are_one_counter_that_only_grows(world: World, nginx: Nginx) -> None:
    first, second = pod("front-1", "front", "n"), pod("front-2", "front", "n")
    world.fake.pods, nginx.requests = [first, second], 10
    requests = Requests(world.api, nginx.port)
    assert requests() == 20
    world.fake.pods, nginx.requests = [second], 15
    assert requests() == 25
    nginx.requests = 3  # its container was started again
    assert requests() == 28
    world.fake.fails = (500, "away")
    assert requests() is None
