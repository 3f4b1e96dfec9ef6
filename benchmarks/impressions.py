"""`python -m benchmarks.impressions`: what IMPRESSIONS=log costs an answer, in processor time.

Once in one process, where the request's path and the thread that writes are told apart, and once as Gunicorn
runs it, under load, where both are the worker's.
"""

import argparse
import random
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from werkzeug.test import create_environ

from app import create_app
from app.config import LOG, Settings
from app.factory import instance_of
from benchmarks.load import run_slice
from benchmarks.report import Table, save
from tests.support.models import Size, write_model
from tests.support.server import serving

SIZE = Size(users=20_000, movies=2000, stored=18_000, list_length=100, seen_per_user=20)
REQUESTS = 5000
LINES = 20_000
SIDES = ("off", LOG)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.impressions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slice-s", type=int, default=2)
    args = parser.parse_args()
    table = Table()
    with TemporaryDirectory() as folder:
        work = Path(folder)
        write_model(work / "model", SIZE)
        table.title("impressions: microseconds of processor time an answer, medians")
        inside = in_one_process(work, args.rounds)
        for what, found in inside.items():
            table.promise(what, statistics.median(found), None)
        outside = under_load(work, args.rounds, args.slice_s)
        for side, found in outside.items():
            table.promise(f"a worker under load, {side}", statistics.median(found), None)
    table.line(f"saved in {save('impressions', {'inside': inside, 'outside': outside})}")
    return 0


def in_one_process(work: Path, rounds: int) -> dict[str, list[float]]:
    """Return what the path takes, off and on, and what the thread takes beside it for each line."""
    apps = {side: create_app(_settings(work, side)) for side in SIDES}
    environs = [
        create_environ(f"/recommend/{user}", headers={"X-Request-ID": f"{user:032x}"})
        for user in random.Random(1).sample(range(1, SIZE.stored), REQUESTS)
    ]
    found: dict[str, list[float]] = {f"the request's path, {side}": [] for side in SIDES}
    found["the thread that writes"] = []
    for number in range(rounds + 1):
        for side in SIDES if number % 2 else SIDES[::-1]:
            spent_us = _answer_all(apps[side], environs)
            if number:  # the first round warms up
                found[f"the request's path, {side}"].append(spent_us)
        impressions = instance_of(apps[LOG]).impressions
        if impressions is not None:
            began_s = time.thread_time()
            impressions.write()
            found["the thread that writes"].append((time.thread_time() - began_s) / REQUESTS * 1e6)
        for app in apps.values():
            instance_of(app).metrics.flush()
    return found


def under_load(work: Path, rounds: int, slice_s: int) -> dict[str, list[float]]:
    """Return what the worker takes an answer, both sides in turn."""
    paths, rng = work / "paths", random.Random(2)
    paths.write_text("".join(f"/recommend/{rng.randint(1, SIZE.stored)}\n" for _ in range(LINES)), "utf-8")
    found: dict[str, list[float]] = {side: [] for side in SIDES}
    with ExitStack() as stack:
        servers = {side: stack.enter_context(serving(work / side, _environ(work, side))) for side in SIDES}
        for number in range(rounds + 1):
            for side in SIDES if number % 2 else SIDES[::-1]:
                cpu_us = run_slice(servers[side], paths, rng.randrange(LINES), slice_s).cpu_us
                if number:
                    found[side].append(cpu_us)
    return found


def _answer_all(app: Flask, environs: list[dict[str, Any]]) -> float:
    began_s = time.thread_time()
    for environ in environs:
        list(app.wsgi_app(environ, _start))
    return (time.thread_time() - began_s) / len(environs) * 1e6


def _start(status: str, headers: object, exc_info: object = None) -> Any:
    return None


def _settings(work: Path, side: str) -> Settings:
    return Settings(model_dir=work / "model", impressions=side, impressions_dir=work / "inside")


def _environ(work: Path, side: str) -> dict[str, str]:
    own = {"IMPRESSIONS": side, "IMPRESSIONS_DIR": str(work / "outside"), "WORKERS": "1"}
    return {"MODEL_DIR": str(work / "model"), "LOG_LEVEL": "WARNING", **own}


if __name__ == "__main__":
    sys.exit(main())
