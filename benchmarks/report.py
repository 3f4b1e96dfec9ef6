"""Lines for the person who watches, and a file for later."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auto_deployment.host.files import replace_text

RESULTS = Path(__file__).with_name("results")


def say(text: str) -> None:
    """Print a line now, whatever the output goes into."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Table:
    """Prints measurements and remembers which promises they kept."""

    def __init__(self) -> None:
        self.promises: list[dict[str, Any]] = []

    @property
    def all_kept(self) -> bool:
        return all(one["kept"] is not False for one in self.promises)

    def title(self, text: str) -> None:
        self.line(f"\n{text}\n{'-' * len(text)}")

    def line(self, text: str) -> None:
        say(text)

    def promise(
        self, what: str, found: float, promised: float | None, note: str = "", *, at_most: bool = False
    ) -> None:
        """Print a figure beside what is promised of it; without a promise, only the figure."""
        kept = None if promised is None else (found <= promised if at_most else found >= promised)
        self.promises.append({"what": what, "found": found, "promised": promised, "kept": kept})
        wanted = "" if promised is None else f"{'<=' if at_most else '>='} {promised:g}"
        verdict = {None: "", True: "kept", False: "MISSED"}[kept]
        self.line(f"{what:56} {found:9.3f}  {wanted:9} {verdict:7} {note}".rstrip())


def save(name: str, results: dict[str, Any]) -> Path:
    """Write what was measured, and on what kind of machine."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    machine = {"cpu": _cpu(), "cpus": os.cpu_count(), "python": platform.python_version()}
    content = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine, **results}
    replace_text(path, json.dumps(content, indent=1) + "\n")
    return path


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
