"""`run`: three instances and NGINX from one command, and nothing left of them afterwards."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.host.processes import identity
from tests.support.http import get, get_many
from tests.support.local_run import VERSION, LocalRun, environment, give_model, running, start_run
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRun]:
    """One run for the tests that leave it serving as it did."""
    folder = tmp_path_factory.mktemp("run")
    give_model(folder / "data")
    with running(folder / "data", folder / "output") as started:
        yield started


def test_a_known_user_gets_20_ids_and_the_headers_of_the_release(run: LocalRun) -> None:
    reply = get(run.port, "/recommend/42")
    assert reply.status == 200
    assert len(set(reply.body.decode().split(","))) == 20
    assert reply.headers["x-recommendation-source"] == "personal"
    assert "x-recommendation-fresh" not in reply.headers  # only the demo follows without being told to
    assert reply.headers["x-model-version"] == VERSION
    assert reply.headers["x-release"] == f"{VERSION}-abc"
    assert reply.headers["x-release-track"] in {"stable", "canary"}


def test_an_unknown_user_gets_a_popularity_list_and_a_bad_id_the_service_s_400(run: LocalRun) -> None:
    assert get(run.port, "/recommend/999999").headers["x-recommendation-source"] == "popular"
    reply = get(run.port, "/recommend/-5")
    assert reply.status == 400
    assert json.loads(reply.body)["detail"].startswith("A user id is")
    assert reply.headers["x-model-version"] == VERSION


def test_json_comes_through_with_the_user_and_the_track(run: LocalRun) -> None:
    reply = get(run.port, "/recommend/42", "Accept: application/json\r\n")
    document = json.loads(reply.body)
    assert document["track"] == reply.headers["x-release-track"]
    assert len(document["items"]) == 20


def test_the_static_list_has_the_form_of_the_service_s_own(run: LocalRun) -> None:
    served = get(run.port, "/popular")
    static = run.layout.static / "current"
    assert served.body == (static / "popular.txt").read_bytes()
    served_document = json.loads(get(run.port, "/popular", "Accept: application/json\r\n").body)
    static_document = json.loads((static / "popular.json").read_bytes())
    assert static_document == {**served_document, "track": "static", "source": "static"}


def test_200_excluded_ids_reach_the_service(run: LocalRun) -> None:
    query = ",".join(f"{'a+very+long+title+' * 4}{number}" for number in range(200))
    assert get(run.port, f"/recommend/42?exclude={query}").status == 200


def test_what_every_command_line_example_shows_is_answered(run: LocalRun) -> None:
    lines = [line for line in run.text().splitlines() if line.startswith("  curl ")]
    assert len(lines) == 5
    for line in lines:
        words = f"curl -sS -o /dev/null -w %{{http_code}} {line.partition('curl ')[2].partition('   #')[0]}"
        result = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=True)
        assert result.stdout.endswith("200")


def test_a_second_run_on_the_same_data_says_so_and_ends(run: LocalRun, tmp_path: Path) -> None:
    second = start_run(environment(Path(run.environ["DATA_DIR"])), tmp_path / "output")
    assert second.process.wait(30) == 1
    assert f"already runs on {run.environ['DATA_DIR']} (process {run.process.pid})" in second.text()
    assert get(run.port, "/recommend/42").status == 200


def test_a_taken_port_is_named_with_the_variable_that_moves_it(run: LocalRun, tmp_path: Path) -> None:
    give_model(tmp_path / "data")
    environ = {**environment(tmp_path / "data"), "CANARY_PORT": run.environ["CANARY_PORT"]}
    second = start_run(environ, tmp_path / "output")
    assert second.process.wait(30) == 1
    (line,) = second.text().splitlines()
    assert line.startswith(f"Port {run.environ['CANARY_PORT']} of 127.0.0.1 cannot be used")
    assert "CANARY_PORT" in line


def test_without_a_model_the_way_to_one_is_named(tmp_path: Path) -> None:
    run = start_run(environment(tmp_path), tmp_path / "output")
    assert run.process.wait(30) == 1
    (line,) = run.text().splitlines()
    assert line.startswith(f"There is no model in {tmp_path}/models")


def test_a_damaged_model_ends_the_start_with_a_sentence_that_names_the_file(tmp_path: Path) -> None:
    give_model(tmp_path)
    (tmp_path / "models" / "current" / "item_factors.npy").write_bytes(b"")
    run = start_run(environment(tmp_path), tmp_path / "output")
    assert run.process.wait(30) == 1
    assert "item_factors.npy" in run.text()
    assert "Traceback" not in run.text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_stopped_run_leaves_no_process_and_status_0(tmp_path: Path, number: signal.Signals) -> None:
    give_model(tmp_path)
    with running(tmp_path, tmp_path / "output") as run:
        names = run.group_leaders()
        assert len(names) == 4
        run.process.send_signal(number)
        assert run.process.wait(30) == 0
    assert run.text().endswith("Stopped.\n")
    assert "Traceback" not in run.text()
    assert all(not Path(f"/proc/{pid}").exists() for pid in names)


def test_killed_with_9_the_run_takes_its_processes_along_and_can_be_started_again(tmp_path: Path) -> None:
    give_model(tmp_path)
    with running(tmp_path, tmp_path / "output") as run:
        run.process.kill()
        run.process.wait()
        eventually(lambda: run.alive() == [])
    with running(tmp_path, tmp_path / "again", run.environ) as again:
        assert get(again.port, "/recommend/42").status == 200


def test_what_hangs_when_the_run_is_killed_is_ended_by_the_next_one(tmp_path: Path) -> None:
    give_model(tmp_path)
    with running(tmp_path, tmp_path / "output") as run:
        hung = run.group_leaders()[0]
        name = identity(hung)
        os.kill(hung, signal.SIGSTOP)
        run.process.kill()
        run.process.wait()
        eventually(lambda: run.alive() == [hung])
    with running(tmp_path, tmp_path / "again", run.environ) as again:
        assert "Ended what an earlier run had left: 1 of" in again.text()
        assert identity(hung) != name


def test_a_killed_instance_is_started_again_and_nobody_notices(run: LocalRun) -> None:
    before = run.group_leaders()
    os.kill(before[2], signal.SIGKILL)
    users = [f"/recommend/{user}" for user in range(1, 201)]
    assert get_many(run.port, users) == {200: 200}
    eventually(lambda: len(run.alive()) == 4 and run.alive() != before)
    assert "canary ended with status -9" in run.text()


def test_a_new_current_model_reaches_instances_and_static_list_without_a_restart(tmp_path: Path) -> None:
    give_model(tmp_path)
    newer = "20261103T0000-00000000"
    with running(tmp_path, tmp_path / "output") as run:
        pids = run.group_leaders()
        give_model(tmp_path, version=newer)
        eventually(lambda: (run.layout.static / "current").resolve().parent.name == newer)
        eventually(lambda: get(run.port, "/recommend/42").headers["x-model-version"] == newer)
        assert run.group_leaders() == pids
