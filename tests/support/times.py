"""`python -m tests.support.times FILE...`: which test files took how long, from JUnit files of a run.

Seconds are those of the tests of a file with their fixtures, whichever process ran them: two processes spend
two seconds a second.
"""

import argparse
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.support.project import PROJECT


def by_file(reports: Iterable[Path]) -> Counter[str]:
    """Return the seconds of each test file below `tests/`, from the reports' test cases."""
    seconds: Counter[str] = Counter()
    for report in reports:
        for case in ET.parse(report).iter("testcase"):
            seconds[_file(case.get("classname", ""))] += float(case.get("time", 0))  # type: ignore[assignment]
    return seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table of Markdown: the longest files, then the rest in one row."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.times", description=__doc__)
    parser.add_argument("reports", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--most", type=int, default=25, metavar="N", help="rows (default: %(default)s)")
    args = parser.parse_args(argv)
    found = by_file(args.reports).most_common()
    rows = [(f"`{name}`", seconds) for name, seconds in found[: args.most]]
    if rest := found[args.most :]:
        rows.append((f"{len(rest)} other files", sum(seconds for _, seconds in rest)))
    rows.append(("all", sum(seconds for _, seconds in found)))
    lines = ["| file | s |", "|---|---|", *(f"| {name} | {seconds:.0f} |" for name, seconds in rows)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _file(module: str) -> str:
    """Return the file of a dotted name that may go on with a class."""
    parts = module.split(".")
    while parts and not (PROJECT / "/".join(parts)).with_suffix(".py").is_file():
        parts.pop()
    return "/".join(parts[1:]) or module


if __name__ == "__main__":
    sys.exit(main())
