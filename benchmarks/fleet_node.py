"""A node as in production: a service, an agent, and a store that both reach over a link of limited speed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from app import artifact
from app.artifact import Movies
from app.model_format import MANIFEST
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.store import ModelStore
from auto_deployment.host.priority import BACKGROUND, BATCH
from benchmarks.model import bench_model, size_of
from tests.support.models import make_details
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.server import Server, serving
from tests.support.waiting import eventually

FACTORS = 100
LINK_MB_S = 20
BUCKET, NAME, CHANNEL = "models", "recommender", "stable"
QUICK = {"poll_s": 1, "keep": 0, "min_free_mb": 0, "confirm_max_s": 600}


class Node:
    """What a benchmark does with a node."""

    def __init__(self, work: Path) -> None:
        self.work, self.home = work, work / "node" / NAME
        second = bench_model(work, FACTORS, 2)
        folders = bench_model(work, FACTORS), second, _like(second, work)
        self.models = {str(artifact.read_manifest(one)["version"]): one for one in folders}
        self.first, self.second, self.third = self.models
        shutil.rmtree(work / "node", ignore_errors=True)
        shutil.rmtree(work / "store", ignore_errors=True)
        (work / "store" / BUCKET).mkdir(parents=True)
        self.store = ModelStore(FolderFiles(work / "store" / BUCKET), NAME)
        for version, folder in self.models.items():
            _put(folder, work / "store" / BUCKET / self.store.path(version))
        self.ports = {"store": free_port(), "metrics": free_port()}
        self.processes: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Bring the first model without a limit, serve it, and start the agent with one."""
        self.want(self.first)
        self.home.joinpath("channels").mkdir(parents=True)
        _put(self.models[self.first], self.home / "versions" / self.first)
        (self.home / "channels" / CHANNEL).symlink_to(f"../versions/{self.first}")
        environ = {"MODEL_DIR": str(self.home / "channels" / CHANNEL), "MODEL_POLL_S": "1", "WORKERS": "2"}
        with serving(self.work / "service.log", environ) as server, ExitStack() as stack:
            words = [str(self.work / "store"), str(self.ports["store"]), str(LINK_MB_S)]
            stack.enter_context(self._process("store", BATCH, {}, "-m", "benchmarks.fleet_store", *words))
            agent = ("-m", "auto_deployment", "fleet", "agent")
            stack.enter_context(self._process("agent", BACKGROUND, self._environ(server), *agent))
            eventually(lambda: self.confirmed() == self.first, saying=(self.work / "agent.log").read_text)
            yield server

    def want(self, version: str) -> None:
        self.store.move({CHANNEL: version}, datetime.now(UTC))

    def has(self, version: str) -> bool:
        return (self.home / "versions" / version).exists()

    def begun(self, version: str) -> bool:
        return any((self.home / "staged" / version).glob("*.part"))

    def confirmed(self) -> str | None:
        state = json.loads((self.work / "node" / "agent.json").read_text("utf-8"))
        confirmed: str | None = state["channels"][CHANNEL]["confirmed"]
        return confirmed

    def held(self) -> list[Path]:
        """Return the files of the versions that are visible, each once where two share it."""
        files = [path for path in (self.home / "versions").glob("*/*") if path.name != MANIFEST]
        return list({path.stat().st_ino: path for path in files}.values())

    def moved_bytes(self) -> dict[str, float]:
        """Return the bytes that the agent says it has fetched and linked."""
        text = requests.get(f"http://127.0.0.1:{self.ports['metrics']}/metrics", timeout=30).text
        found = re.findall(r'^marquee_fleet_pulled_bytes_total\{way="(\w+)"\} (\S+)$', text, re.MULTILINE)
        return {way: float(count) for way, count in found}

    def hold(self) -> None:
        """Let agent and store stand still."""
        for process in self.processes:
            process.send_signal(signal.SIGSTOP)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Let them go on for a while."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.hold()

    def release(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGCONT)

    def cpu_s(self) -> float:
        """Return the processor seconds of the agent, user and system."""
        fields = Path(f"/proc/{self.processes[-1].pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _environ(self, server: Server) -> Mapping[str, str]:
        params = (PROJECT / "params.yaml").read_text("utf-8")
        head, section = params.split("\nfleet:")
        for name, value in QUICK.items():
            section = re.sub(rf"(?m)^(  {name}:) \S+", rf"\1 {value}", section)
        (self.work / "params.yaml").write_text(f"{head}\nfleet:{section}", "utf-8")
        return {
            "MODEL_STORE": f"s3://{BUCKET}", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ports['store']}",
            "AWS_ACCESS_KEY_ID": "who", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1",
            "FLEET_DIR": str(self.work / "node"), "FLEET_METRICS_PORT": str(self.ports["metrics"]),
            "FLEET_CHANNELS": f"{CHANNEL}={server.url}", "PARAMS_FILE": str(self.work / "params.yaml"),
        }  # fmt: skip

    @contextmanager
    def _process(self, name: str, nice: int, environ: Mapping[str, str], *words: str) -> Iterator[None]:
        with (self.work / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                ["nice", "-n", str(nice), sys.executable, *words], cwd=PROJECT, env={**os.environ, **environ},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        try:
            yield
        finally:
            self.processes.remove(process)
            process.kill()
            process.wait()


def differing_bytes(one: Path, other: Path) -> int:
    """Return how many bytes of a model are in files that another one does not have."""
    files: list[dict[str, Any]] = [artifact.read_manifest(it)["files"] for it in (one, other)]
    there = {file["sha256"] for file in files[1].values()}
    return sum(file["bytes"] for file in files[0].values() if file["sha256"] not in there)


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _like(folder: Path, work: Path) -> Path:
    """Return a model that shares all arrays but one with another; titles differ, too."""
    made = work / f"{folder.name}-retouched"
    if not made.exists():
        model = artifact.load(folder)
        titles = [f"{title} again" for title in model.movies.titles]
        movies = Movies(model.movies.ids, titles, model.movies.genres)
        arrays = {**model.arrays, "user_bias": model.arrays["user_bias"] + 0.01}
        artifact.save(made, arrays, movies, make_details(size_of(FACTORS), made.name))
    return made


def _put(folder: Path, place: Path) -> None:
    """Let a model be somewhere else, too, without taking disk."""
    place.mkdir(parents=True)
    for file in folder.iterdir():
        (place / file.name).hardlink_to(file)
