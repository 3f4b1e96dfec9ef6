"""What a model costs in files, time to load and memory."""

import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from auto_deployment.host.files import replace_link
from benchmarks.apps import SERVICE_APP
from benchmarks.load import run_slice
from benchmarks.model import bench_model
from benchmarks.report import Table
from benchmarks.traffic import write_paths
from tests.support.project import PROJECT
from tests.support.server import Server, serving
from tests.support.waiting import eventually

WORKERS = 4
PRIVATE_MB = 40
LOAD = """
import sys, time
from pathlib import Path
from app.serving import load_tested
start = time.perf_counter()
load_tested(Path(sys.argv[1]))
sys.stdout.write(str(time.perf_counter() - start))
"""


def measure(work: Path, factors: int, table: Table) -> dict[str, Any]:
    """Measure one size of model: bytes, seconds to load, private memory of each worker."""
    folder = bench_model(work, factors)
    size_mb = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    load_s = [_load_seconds(folder) for _ in range(3)]
    table.promise("artefact, MB", size_mb, None)
    table.promise("load, check and self-test, s", statistics.median(load_s), None)
    memory = _memory(work, folder)
    for when, found in memory.items():
        table.promise(
            f"private memory of a worker {when}, MB (largest of {WORKERS})",
            max(found),
            PRIVATE_MB,
            at_most=True,
        )
    return {"artefact_mb": size_mb, "load_s": load_s, "private_mb": memory}


def _load_seconds(folder: Path) -> float:
    result = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)],
        cwd=PROJECT, capture_output=True, text=True, check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    return float(result.stdout)


def _memory(work: Path, folder: Path) -> dict[str, list[float]]:
    link = _link(work / "current", folder)
    environ = {"MODEL_DIR": str(link), "WORKERS": str(WORKERS), "MODEL_POLL_S": "0.2"}
    paths = write_paths(work)
    with serving(work / "memory.log", environ, SERVICE_APP) as server:
        _warm(server, paths)
        fresh = _private_mb(server)
        # The same files under another name are another model to the service, and take no disk.
        twin = work / f"{folder.name}-twin"
        if not twin.exists():
            twin.mkdir()
            for file in folder.iterdir():
                (twin / file.name).hardlink_to(file)
        _link(link, twin)
        eventually(lambda: server.log_text().count(" replaces ") >= WORKERS, saying=server.log_text)
        _warm(server, paths)
        return {"that has served": fresh, "after a new model": _private_mb(server)}


def _warm(server: Server, paths: dict[str, Path]) -> None:
    for side, file in paths.items():
        if side != "bare Flask":
            run_slice(server, file, 0, 1)


def _private_mb(server: Server) -> list[float]:
    found = []
    for pid in server.workers():
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
        kilobytes = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
        found.append(kilobytes * 1024 / 1e6)
    return found


def _link(link: Path, folder: Path) -> Path:
    replace_link(link, folder.name)
    return link
