"""IMPRESSIONS=log: each answer to a user's request becomes one line, and no request waits for it."""

import errno
import fcntl
import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings, SettingsError
from app.factory import instance_of
from app.impressions.files import WorkerFiles
from app.impressions.log import ImpressionLog, Shown, line_of
from app.serving import ServedModel
from tests.app.test_metrics import series
from tests.support.models import in_use
from tests.support.server import serving
from tests.support.waiting import eventually


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "impressions"


@pytest.fixture
def on(model_dir: Path, folder: Path) -> Settings:
    return Settings(
        model_dir=model_dir, track="canary", code_revision="abc", impressions="log", impressions_dir=folder
    )


@pytest.fixture
def client(on: Settings) -> FlaskClient:
    return create_app(on).test_client()


def written(client: FlaskClient, folder: Path) -> list[dict[str, Any]]:
    impressions = instance_of(client.application).impressions
    assert impressions is not None
    impressions.write()
    return lines_in(folder)


def lines_in(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in sorted(folder.glob("*.log")) for line in path.read_bytes().splitlines()
    ]


def shown(serving: ServedModel, user: str = "7") -> Shown:
    return Shown(1_700_000_000.25, "a" * 32, user, serving, "personal", b"x+1,y+2", 200, 0.0012)


@pytest.fixture
def served(on: Settings) -> ServedModel:
    return in_use(instance_of(create_app(on)).slot)


@pytest.mark.parametrize("path", ["/recommend/7", "/recommend/7?n=20", "/recommend/007"])
def test_an_answer_is_written_down_with_its_list_before_flask_and_through_it(
    client: FlaskClient, folder: Path, path: str
) -> None:
    reply = client.get(path, headers={"X-Request-ID": "f" * 32})
    [line] = written(client, folder)
    assert line["movies"] == reply.data.decode().split(",")
    assert (line["user"], line["status"], line["request_id"]) == ("7", 200, "f" * 32)
    for name, header in (
        ("track", "X-Release-Track"), ("model_version", "X-Model-Version"),
        ("release", "X-Release"), ("source", "X-Recommendation-Source"),
    ):  # fmt: skip
        assert line[name] == reply.headers[header]
    assert 0 < line["request_time"] < 1


def test_json_and_failed_requests_are_told_of_and_what_names_no_user_is_not(
    client: FlaskClient, folder: Path
) -> None:
    reply = client.get("/recommend/3", headers={"Accept": "application/json"})
    client.get("/recommend/4?n=none")
    for path in ("/recommend/x", "/popular", "/similar/film+1+1951", "/version", "/metrics"):
        client.get(path)
    client.head("/recommend/5")
    one, other = written(client, folder)
    assert one["movies"] == [item["movie_id"] for item in json.loads(reply.data)["items"]]
    assert (other["user"], other["status"], other["movies"], other["source"]) == ("4", 400, [], "")
    assert one["request_id"] != other["request_id"]


def test_it_is_off_unless_it_is_asked_for(model_dir: Path, tmp_path: Path) -> None:
    app = create_app(Settings(model_dir=model_dir, impressions_dir=tmp_path / "none"))
    app.test_client().get("/recommend/7")
    assert instance_of(app).impressions is None
    assert not (tmp_path / "none").exists()


def test_settings_that_cannot_work_are_refused_in_one_sentence() -> None:
    with pytest.raises(SettingsError, match="IMPRESSIONS_DIR"):
        Settings.from_env({"MODEL_DIR": "m", "IMPRESSIONS": "log"})
    with pytest.raises(SettingsError, match="IMPRESSIONS is 'on': use one of off, log"):
        Settings.from_env({"MODEL_DIR": "m", "IMPRESSIONS": "on"})


def test_what_finds_no_place_in_the_queue_is_counted_and_nobody_waits_for_the_disk(
    served: ServedModel, folder: Path
) -> None:
    begun, go_on, counted = threading.Event(), threading.Event(), dict[str, int]()

    class StuckFiles(WorkerFiles):
        def append(self, lines: list[bytes]) -> int:  # type: ignore[override]
            begun.set()
            go_on.wait(30)
            return super().append(lines)

    def count(outcome: str, number: int) -> None:
        counted[outcome] = counted.get(outcome, 0) + number

    impressions = ImpressionLog(StuckFiles(folder, 10_000, 5), count, most_waiting=10)
    impressions.note(shown(served))
    writer = threading.Thread(target=impressions.write)
    writer.start()
    begun.wait(30)
    for _ in range(25):
        impressions.note(shown(served))  # returns though the disk does not
    go_on.set()
    writer.join()
    impressions.write()
    assert counted == {"written": 11, "queue_full": 15}
    assert len(lines_in(folder)) == 11


@pytest.mark.parametrize("taken", [0, 50, 400])
def test_a_full_disk_leaves_whole_lines_only_and_counts_the_others(
    client: FlaskClient, folder: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/recommend/1")
    assert len(written(client, folder)) == 1
    real, left = os.write, taken

    def full(file: int, data: bytes) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        part = data[:left]
        left -= len(part)
        return real(file, part)

    for user in range(2, 6):
        client.get(f"/recommend/{user}")
    with monkeypatch.context() as patch:
        patch.setattr("app.impressions.files.os.write", full)
        kept = len(written(client, folder))
    client.get("/recommend/6")
    assert [line["user"] for line in written(client, folder)] == [*map(str, range(1, kept + 1)), "6"]
    counts = series(client)
    name = "marquee_impressions_total"
    assert counts[f"{name}{{outcome=disk_failed,track=canary}}"] == 5 - kept
    assert counts[f"{name}{{outcome=written,track=canary}}"] == kept + 1


def test_a_full_file_is_followed_by_another_one_and_the_oldest_make_room(folder: Path) -> None:
    files = WorkerFiles(folder, 1000, 3)
    line = b"x" * 99 + b"\n"
    for _ in range(100):
        assert files.append([line]) == 1
    found = sorted(folder.iterdir())
    assert [path.stat().st_size for path in found] == [1000] * 3
    assert [path.name.split(".")[1] for path in found] == ["000008", "000009", "000010"]


def test_a_file_that_others_have_removed_is_not_written_to(folder: Path) -> None:
    files = WorkerFiles(folder, 1000, 3)
    files.append([b"a\n"])
    [path] = folder.iterdir()
    path.unlink()
    files.append([b"b\n"])
    [path] = folder.iterdir()
    assert path.read_bytes() == b"b\n"


def test_a_worker_holds_a_lock_on_its_file_as_long_as_it_may_write_to_it(folder: Path) -> None:
    files = WorkerFiles(folder, 1000, 3)
    files.append([b"a\n"])
    [path] = folder.iterdir()
    with path.open("rb") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        files.close()
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_a_line_is_bounded_whatever_a_client_sends(served: ServedModel) -> None:
    line = json.loads(line_of(shown(served, "0" * 5000 + "9" * 5000)._replace(request_id='"\n' * 900)))
    assert len(line["user"]) == len(line["request_id"]) == 64
    assert line["time"] == "2023-11-14T22:13:20.250+00:00"


def test_each_worker_writes_a_file_of_its_own_up_to_its_end(model_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "impressions"
    environ = {"MODEL_DIR": str(model_dir), "IMPRESSIONS": "log", "IMPRESSIONS_DIR": str(folder)}
    with serving(tmp_path / "log", environ) as server:
        for user in range(60):
            requests.get(f"{server.url}/recommend/{user}", timeout=10)
        eventually(lambda: len(lines_in(folder)) == 60)
        server.kill_worker()
        for user in range(60, 90):
            requests.get(f"{server.url}/recommend/{user}", timeout=10)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        workers = {path.name.split(".")[0] for path in folder.glob("*.log")}
        assert len(workers) <= 3
    assert sorted(int(line["user"]) for line in lines_in(folder)) == list(range(90))
