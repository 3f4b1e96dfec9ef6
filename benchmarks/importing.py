"""Import of a table in MovieLens' shape, by this build and by one of a git revision, side by side."""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Table
from tests.support.project import PROJECT

BEFORE = "f598091"  # read tables line by line
ROWS, USERS, MOVIES = 5_000_000, 200_948, 87_585
FASTER, MOST_MB = 3.0, 1_000
_CHILD = (
    "import resource, sys; from auto_deployment import cli; status = cli.main(['import', sys.argv[1]]); "
    "used = resource.getrusage(resource.RUSAGE_SELF); "
    "print('used', used.ru_utime + used.ru_stime, used.ru_maxrss / 1024); sys.exit(status)"
)
_WRITTEN_AT_ONCE = 500_000


def measure(work: Path, table: Table, rows: int = ROWS, rounds: int = 3) -> dict[str, Any]:
    """Import the same table with both builds in turn; by the processor, as others may use it too."""
    source = write_table(work / "importing", rows)
    before = checkout(work / "importing-before")
    spent: dict[str, list[tuple[float, float]]] = {"now": [], "before": []}
    for _ in range(rounds):
        spent["now"].append(_import(PROJECT, source, work))
        if before is not None:
            spent["before"].append(_import(before, source, work))
    cpu_s, peak_mb = (statistics.median(one) for one in zip(*spent["now"], strict=True))
    table.promise(f"import of {rows:,} ratings, s of processor", cpu_s, None)
    table.promise("its largest memory, MB", peak_mb, MOST_MB, at_most=True)
    if before is None:
        table.line(f"this clone has no revision {BEFORE}: nothing to compare with (git fetch --unshallow)")
    else:
        cpu_before = statistics.median(cpu for cpu, _ in spent["before"])
        table.promise(f"the same by {BEFORE}, s of processor", cpu_before, None)
        table.promise("times faster than that", cpu_before / cpu_s, FASTER)
        shutil.rmtree(before)
    shutil.rmtree(source)
    return {"rows": rows, "spent": spent}


def write_table(folder: Path, rows: int) -> Path:
    """Write ratings.csv in order of user, and movies.csv; as many users and movies as MovieLens 32M has."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    activity, popularity = rng.lognormal(0, 1.2, USERS), np.arange(1, MOVIES + 1) ** -0.9
    with (folder / "movies.csv").open("w") as file:
        file.write("movieId,title,genres\n")
        file.writelines(
            f"{movie},Film {movie} ({1930 + movie % 95}),Drama\n" for movie in range(1, MOVIES + 1)
        )
    user = np.sort(rng.choice(USERS, rows, p=activity / activity.sum())) + 1
    with (folder / "ratings.csv").open("w") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for begin in range(0, rows, _WRITTEN_AT_ONCE):
            part = user[begin : begin + _WRITTEN_AT_ONCE]
            movie = rng.choice(MOVIES, len(part), p=popularity / popularity.sum()) + 1
            columns = (
                part,
                movie,
                rng.integers(1, 11, len(part)) / 2,
                rng.integers(8 * 10**8, 17 * 10**8, len(part)),
            )
            lines = zip(*(column.tolist() for column in columns), strict=True)
            file.writelines(f"{one},{other},{rating},{time}\n" for one, other, rating, time in lines)
    return folder


def checkout(folder: Path) -> Path | None:
    """Export the build before into a folder; `None` in a clone that does not have it."""
    packed = subprocess.run(
        ["git", "archive", BEFORE, "auto_deployment", "app", "params.yaml"],
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    if packed.returncode:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _import(build: Path, source: Path, work: Path) -> tuple[float, float]:
    """Return seconds of processor and the largest memory in MB."""
    data = work / "imported"
    shutil.rmtree(data, ignore_errors=True)
    environment = {**os.environ, "DATA_DIR": str(data), "PYTHONPATH": str(build)}
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(source)],
        cwd=build,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    shutil.rmtree(data)
    found = re.search(r"^used (\S+) (\S+)$", done.stdout, re.MULTILINE)
    assert found is not None
    return float(found[1]), float(found[2])


def main() -> int:
    """Measure; return 1 when a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importing", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=PROJECT / "data" / "bench")
    args = parser.parse_args()
    table = Table()
    measure(args.work, table, args.rows, args.rounds)
    return 0 if table.all_kept else 1


if __name__ == "__main__":
    sys.exit(main())
