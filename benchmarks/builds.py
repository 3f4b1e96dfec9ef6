"""Throughput of `/recommend` beside another build: `python -m benchmarks.builds FOLDER`, a checkout of it.

Both serve the same generated model, each with one worker; slices alternate, and the ratios of neighbouring
ones are compared. Also says what the front page costs in this build.
"""

import argparse
import random
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import requests

from benchmarks.load import Slice, cpu_seconds, run_slice
from benchmarks.model import bench_model
from benchmarks.traffic import KNOWN, LINES, write_paths
from tests.support.project import PROJECT
from tests.support.server import Server, serving

PAGES = 300


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--slice-s", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        work = Path(folder)
        environ = {"MODEL_DIR": str(bench_model(work, 64)), "WORKERS": "1", "LOG_LEVEL": "WARNING"}
        here, other = (
            stack.enter_context(
                serving(work / f"{name}.log", environ, config=root / "app" / "gunicorn.conf.py", root=root)
            )
            for name, root in (("here", PROJECT), ("other", args.other.resolve()))
        )
        pairs = _alternate(here, other, write_paths(work)[KNOWN], args.rounds, args.slice_s)
        _say(pairs)
        sys.stdout.write(f"front page of a user: {_page_ms(here):.1f} ms of processor time\n")
    return 0


def _alternate(
    here: Server, other: Server, paths: Path, rounds: int, slice_s: int
) -> list[tuple[Slice, Slice]]:
    rng, pairs = random.Random(1), []
    for number in range(rounds + 1):
        found = {}
        for server in (here, other) if number % 2 else (other, here):
            found[server.port] = run_slice(server, paths, rng.randrange(LINES), slice_s)
        if number:  # the first one warms up
            pairs.append((found[here.port], found[other.port]))
    return pairs


def _say(pairs: list[tuple[Slice, Slice]]) -> None:
    rates = statistics.median(one.requests_per_s / two.requests_per_s for one, two in pairs)
    spent = statistics.median(two.cpu_us / one.cpu_us for one, two in pairs)
    own = statistics.median(one.cpu_us for one, _ in pairs)
    sys.stdout.write(
        f"requests a second, this build / the other: {rates:.3f}; "
        f"by processor time: {spent:.3f} ({own:.0f} us)\n"
    )


def _page_ms(server: Server) -> float:
    accept = {"Accept": "text/html"}
    requests.get(f"{server.url}/?user=1", headers=accept, timeout=10).raise_for_status()
    before = cpu_seconds(server)
    for user in range(1, PAGES + 1):
        requests.get(f"{server.url}/?user={user}", headers=accept, timeout=10).raise_for_status()
    return (cpu_seconds(server) - before) / PAGES * 1000


if __name__ == "__main__":
    sys.exit(main())
