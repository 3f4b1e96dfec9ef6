"""A standalone Spark on this host: a master and workers, each a group of processes that can be killed."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

PYTHON = Path(os.environ.get("SPARK_PYTHON", PROJECT / ".venv-spark" / "bin" / "python"))
START_S = float(os.environ.get("SPARK_PATIENCE_S", "300"))
CLASS = "org.apache.spark.deploy"


def spark_home() -> Path:
    """Return where pyspark lies; what runs these tests need not have it."""
    if not PYTHON.exists() or shutil.which("java") is None:
        pytest.fail("There is no pyspark or no Java: `make .venv-spark/.done java` installs both")
    found = subprocess.run(
        [PYTHON, "-c", "import pyspark; print(pyspark.__path__[0])"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return Path(found.stdout.strip())


@dataclass(slots=True)
class Standalone:
    """What runs, by name; `master` is the address for SPARK_MASTER."""

    home: Path
    folder: Path
    master: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *words: str) -> None:
        """Start a part as the leader of a group: its executors are in it."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [self.home / "bin" / "spark-class", *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "SPARK_HOME": str(self.home), "SPARK_LOCAL_IP": "127.0.0.1"},
            )  # fmt: skip

    def start_worker(self, name: str) -> None:
        work = self.folder / name
        self.start(
            name, f"{CLASS}.worker.Worker", "--cores", "1", "--memory", "1g", "--host", "127.0.0.1",
            "--webui-port", "0", "--work-dir", str(work), self.master,
        )  # fmt: skip
        eventually(lambda: "Successfully registered with master" in self.said(name), START_S)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def kill(self, name: str) -> None:
        """Kill a part with all that it has started, as a machine dies."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def standalone(folder: Path) -> Iterator[Standalone]:
    """Run a master and two workers; end them all."""
    port = free_port()
    spark = Standalone(spark_home(), folder, f"spark://127.0.0.1:{port}")
    try:
        spark.start(
            "master",
            f"{CLASS}.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            f"{port}",
            "--webui-port",
            "0",
        )
        eventually(lambda: "I have been elected leader" in spark.said("master"), START_S)
        for name in ("worker-1", "worker-2"):
            spark.start_worker(name)
        yield spark
    finally:
        for name in list(spark.running):
            spark.kill(name)


def training(data: Path, params: Path, **settings: str) -> subprocess.Popen[str]:
    """Start the stage `train` of a workspace on Spark."""
    environ: Mapping[str, str] = {
        **os.environ, "DATA_DIR": str(data), "PARAMS_FILE": str(params), "TRAIN_ENGINE": "spark",
        "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DRIVER_HOST": "127.0.0.1", **settings,
    }  # fmt: skip
    return subprocess.Popen(
        [PYTHON, "-m", "auto_deployment", "stage", "train"],
        cwd=PROJECT, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
