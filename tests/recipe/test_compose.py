"""What is read from Docker's engine, and what is asked of it."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from auto_deployment.cli import main
from auto_deployment.errors import BadInputError
from auto_deployment.recipe.compose.engine import Engine, NotThereError
from auto_deployment.recipe.compose.model import model_of
from auto_deployment.recipe.compose.project import PROJECT, SERVICE, ComposeProject
from auto_deployment.recipe.compose.stats import memory_mb
from auto_deployment.recipe.compose.values import environment, override
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.search.ports import Size
from auto_deployment.recipe.search.wish import Deployment

LIMITS = {
    "NanoCpus": 500_000_000, "Memory": 256_000_000, "MemoryReservation": 0, "ReadonlyRootfs": True,
    "Tmpfs": {"/tmp": "size=1m"}, "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges:true"],
}  # fmt: skip
SECRET = "REDIS_PASSWORD=not-for-a-list-of-processes"


class FakeEngine(Engine):
    """Containers by id: their service and CPU seconds; what is gone is not there."""

    def __init__(self) -> None:
        self.cpu_s: dict[str, float] = {}
        self.services: dict[str, str] = {}
        self.gone: set[str] = set()

    def get(self, path: str) -> Any:
        rest = path.strip("/").partition("/")[2]
        if path.startswith("/containers/json"):
            return [
                {"Id": name, "Labels": {PROJECT: "shop", SERVICE: service}}
                for name, service in self.services.items()
            ]
        name, _, question = rest.partition("/")
        if name in self.gone:
            raise NotThereError("Gone.")
        if question == "json":
            return {
                "Id": name, "Image": "sha256:1", "HostConfig": LIMITS, "Mounts": [],
                "Config": {"Env": ["PATH=/bin", "PORT=8000", SECRET], "Cmd": ["serve"]},
                "NetworkSettings": {"Networks": {"shop_serving": {}}},
            }  # fmt: skip
        return {
            "cpu_stats": {"cpu_usage": {"total_usage": self.cpu_s[name] * 1e9}},
            "memory_stats": {"usage": 60e6, "stats": {"total_inactive_file": 10e6}},
        }


@pytest.fixture
def engine() -> FakeEngine:
    found = FakeEngine()
    found.services = {"a": "serving", "b": "serving", "c": "edge"}
    found.cpu_s = {"a": 10.0, "b": 20.0, "c": 5.0}
    return found


def test_replicas_of_a_service_are_added_up_between_two_looks(engine: FakeEngine) -> None:
    now_s = [100.0]
    project = ComposeProject(engine, "shop", lambda: now_s[0])
    assert [use.cpu_used for use in project.look()] == [None, None]
    now_s[0] += 4
    engine.cpu_s = {"a": 11.0, "b": 21.0, "c": 5.0}
    edge, serving = project.look()
    assert (edge.service, edge.cpu_used) == ("edge", 0.0)
    assert (serving.replicas, serving.cpu_used, serving.cpu_limit) == (2, 0.5, 1.0)
    assert (serving.memory_used_mb, serving.memory_limit_mb, serving.memory_requested_mb) == (
        100.0,
        512.0,
        None,
    )


def test_a_container_that_was_started_again_counts_from_zero(engine: FakeEngine) -> None:
    now_s = [100.0]
    project = ComposeProject(engine, "shop", lambda: now_s[0])
    project.look()
    now_s[0] += 2
    engine.cpu_s["c"] = 1.0
    assert project.look()[0].cpu_used == 0.5


def test_a_container_that_ends_during_a_look_is_left_out(engine: FakeEngine) -> None:
    engine.gone = {"c"}
    assert [use.service for use in ComposeProject(engine, "shop").look()] == ["serving"]


def test_nothing_that_runs_is_said_with_what_does(engine: FakeEngine) -> None:
    engine.services = {}
    with pytest.raises(BadInputError, match="Nothing of the Compose project shop runs"):
        ComposeProject(engine, "shop").look()


def test_an_instance_is_as_the_service_but_for_its_size_and_no_secret_is_in_its_words(
    engine: FakeEngine,
) -> None:
    model = model_of(engine, "shop", ["serving"], None)
    words = model.words(Size(cpu=0.5, workers=3, threads=2, memory_mb=160))
    assert model.port == 8000
    assert {"--cpus=0.5", "--memory=160000000", "--memory-swap=160000000", "--read-only", "--init"} <= set(
        words
    )
    assert {"--tmpfs=/tmp:size=1m", "--cap-drop=ALL", "--network=shop_serving"} <= set(words)
    assert words[-2:] == ["sha256:1", "serve"]
    assert "not-for-a-list-of-processes" not in " ".join(words)
    environ = model.environ(Size(cpu=0.5, workers=3, threads=2))
    assert (environ["WORKERS"], environ["THREADS"], environ["IMPRESSIONS"]) == ("3", "2", "off")
    assert environ["REDIS_PASSWORD"] == "not-for-a-list-of-processes"
    assert "PATH" not in environ


def test_values_are_what_compose_reads() -> None:
    one = Deployment(Size(0.5, 2, 3, 176), 2, 30.7)
    assert environment(one).split() == [
        "WORKERS=2", "THREADS=3", "INSTANCE_CPUS=0.5", "INSTANCE_MEMORY=176000000b",
    ]  # fmt: skip
    (service,) = yaml.safe_load(override(one, ["serving"]))["services"].values()
    assert (service["cpus"], service["mem_limit"], service["scale"]) == (0.5, 176_000_000, 2)
    named = yaml.safe_load(override(one, ["stable-1", "stable-2"]))["services"]
    assert list(named) == ["stable-1", "stable-2"]
    assert "scale" not in named["stable-1"]


def test_memory_of_both_kinds_of_control_groups_is_what_cannot_be_dropped() -> None:
    assert memory_mb({"memory_stats": {"usage": 5e6, "stats": {"inactive_file": 2e6}}}) == 3.0
    assert memory_mb({"memory_stats": {}}) == 0.0


def test_no_engine_is_said_in_one_sentence_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    for words in (
        ["resources", "--project", "p"],
        ["recipe", "--goal", "p95<50ms", "--rate", "9", "--project", "p"],
    ):
        assert main(words) == 1
        (sentence,) = capsys.readouterr().err.splitlines()
        assert "Docker's engine does not answer" in sentence
    assert not (tmp_path / "data").exists()


def test_an_engine_elsewhere_is_refused() -> None:
    with pytest.raises(BadInputError, match="DOCKER_HOST is tcp"):
        Engine("tcp://10.0.0.1:2375")


@pytest.mark.parametrize(
    "words",
    [
        ["resources", "--every", "0"],
        ["resources", "--every", "0.1s"],
        ["resources", "--minutes", "x"],
        ["resources", "--project", "Not A Name"],
        ["recipe"],
        ["recipe", "--goal", "fast", "--rate", "9"],
        ["recipe", "--goal", "p95<50ms"],
        *[
            ["recipe", "--goal", "p95<50ms", "--rate", "9", *words]
            for words in (
                ["--rate", "0"], ["--price", "cpu=1"], ["--services", "a,a"], ["--cpus", "0"],
                ["--workers", "x"], ["--threads", "0"], ["--replicas", "-1"], ["--step", "0.1s"],
                ["--verify", "1s"], ["--path", "x"], ["--ready", "a b"], ["--port", "x"],
                ["--shape", "flat"], ["--out", "/"], ["--seed", "x"],
            )
        ],
    ],
)  # fmt: skip
def test_a_bad_option_is_refused_before_anything_is_written(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    try:
        status = main(words)
    except SystemExit as stop:
        status = int(str(stop.code))
    assert status == 2
    assert capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.fixture
def spoken(tmp_path: Path) -> Iterator[tuple[Engine, list[bytes]]]:
    """An engine on a real socket that answers one question with what the list holds."""
    answers: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answers[0])

        thread = threading.Thread(target=serve)
        thread.start()
        yield Engine(f"unix://{tmp_path}/s"), answers
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("404 Not Found", {"message": "No such container: x"}, "No such container"),
        ("500 Oops", {"message": "full"}, "answers /info with 500"),
        ("200 OK", None, "does not answer"),
    ],
)
def test_what_the_engine_refuses_is_said(
    spoken: tuple[Engine, list[bytes]], status: str, body: object, error: str
) -> None:
    engine, answers = spoken
    content = b"{half" if body is None else json.dumps(body).encode()
    answers.append(f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
    with pytest.raises(RecipeError, match=error):
        engine.get("/info")
