"""What the tests try a few times, tried many times: by the same means, with other seeds and more examples."""

import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import Table
from tests.support.described_answers import send_from_all
from tests.support.models import Size, write_model
from tests.support.release.random_faults import live_through
from tests.support.schemathesis import ACCEPTED, attack
from tests.support.server import Server, serving

SEEDS = 300  # of releases in a world in which anything fails
REQUESTS = 60_000  # generated ones
EXAMPLES = 300  # of Schemathesis, for each operation and phase


def measure(table: Table) -> dict[str, Any]:
    """Run all of it; nothing may be found."""
    with tempfile.TemporaryDirectory() as folder:
        return {"releases": _releases(Path(folder), table), "service": _service(Path(folder), table)}


def _releases(folder: Path, table: Table) -> dict[str, Any]:
    logging.getLogger("auto_deployment").setLevel(logging.CRITICAL)  # whatever goes wrong there is wanted
    wrong = [seed for seed in range(SEEDS) if not _ends_well(folder / str(seed), seed, table)]
    table.promise(f"of {SEEDS} releases with faults, those that end wrongly", len(wrong), 0, at_most=True)
    return {"seeds": SEEDS, "wrong": wrong}


def _ends_well(folder: Path, seed: int, table: Table) -> bool:
    folder.mkdir()
    try:
        with pytest.MonkeyPatch.context() as patch:
            live_through(folder, patch, seed)
    except AssertionError as error:
        table.line(f"seed {seed}: {error}")
        return False
    finally:
        shutil.rmtree(folder)
    return True


def _service(folder: Path, table: Table) -> dict[str, Any]:
    write_model(folder / "model", Size(neighbours=10))
    environ = {"MODEL_DIR": str(folder / "model"), "LOG_LEVEL": "ERROR"}
    with serving(folder / "log", environ) as server:
        _, complaints = send_from_all(server.port, REQUESTS)
        for complaint in complaints[:10]:
            table.line(complaint)
        note = f"of {REQUESTS}"
        table.promise("answers that the description does not allow", len(complaints), 0, note, at_most=True)
        findings = sum(_finds_something(server, folder, accept, table) for accept in ACCEPTED)
        table.promise("attacks of Schemathesis that found something", findings, 0, at_most=True)
        traces = server.log_text().count("Traceback")
        table.promise("tracebacks in the log of the service", traces, 0, at_most=True)
    return {"requests": REQUESTS, "complaints": complaints, "findings": findings, "tracebacks": traces}


def _finds_something(server: Server, folder: Path, accept: str, table: Table) -> bool:
    found = attack(server.url, folder, accept, EXAMPLES)
    if found.returncode:
        table.line(found.stdout[-6000:] + found.stderr[-2000:])
    return found.returncode != 0
