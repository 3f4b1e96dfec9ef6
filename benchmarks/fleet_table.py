"""What was measured of delivery, in `docs/fleet.md`."""

import statistics
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from auto_deployment.host.files import replace_text
from auto_deployment.report.characteristics import replace_section
from benchmarks.fleet_node import FACTORS, LINK_MB_S
from tests.support.project import PROJECT

DOCUMENT = PROJECT / "docs" / "fleet.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SIDES = {
    "quiet": "agent and store stand still",
    "quiet again": "the same again",
    "pulling": "a model is pulled",
    "switch": "the service opens it, and serves",
}


def write(found: Mapping[str, Any]) -> None:
    """Put the tables between their marks."""
    lines = [*_pull(found["pull"]), "", *_shared(found["shared"]), "", *_memory(found["memory"])]
    text = "".join(f"{line}\n" for line in lines)
    document = DOCUMENT.read_text("utf-8")
    replace_text(DOCUMENT, replace_section(document, f"{BEGIN}\n{text}{END}", BEGIN, END))


def _pull(found: Mapping[str, Any]) -> Iterator[str]:
    amount = f"{found['fetched_mb']:.0f} of its {found['model_mb']:.0f} MB"
    yield _wrapped(
        f"{found['per_s']} requests a second while a model comes over a link of {LINK_MB_S} MB/s ({amount},",
        f"{_times_said(len(found['rounds']))}, with pauses):",
    )
    yield ""
    yield "| while | requests | p50 | p99 of all | p99 of a slice, times its neighbour without |"
    yield "|---|---|---|---|---|"
    for side, words in SIDES.items():
        p50, p99 = found["p50_ms"][side], found["p99_ms"][side]
        row = f"| {words} | {found['requests'][side]:,} | {p50:.1f} ms | {p99:.1f} ms |"
        yield f"{row} {_times(found['ratio'], side)} |"
    rounds = ", ".join(f"{one:.2f}" for one in found["rounds"])
    cpu_s, switch_s = (statistics.median(found[name]) for name in ("agent_cpu_s", "switch_s"))
    yield ""
    yield _wrapped(
        f"Every answer was 200. The last column is the median of {found['neighbours']} slices of 4 s, by",
        f"rounds {rounds} for the pull. A pull takes the agent {cpu_s:.1f} s of processor, the switch",
        f"{switch_s:.1f} s;",
        f"workers waited for the disk to give back {sum(found['major_faults'])} pages in all.",
    )


def _times_said(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _wrapped(*words: str) -> str:
    return textwrap.fill(" ".join(words), 120)


def _times(ratios: Mapping[str, float], side: str) -> str:
    return f"**{ratios[side]:.2f}**" if side == "pulling" else f"{ratios[side]:.2f}" if side in ratios else ""


def _shared(found: Mapping[str, float]) -> Iterator[str]:
    yield f"| a version of {found['all_mb']:.0f} MB with one array and titles of its own | |"
    yield "|---|---|"
    yield f"| differs, by the manifests | {found['differs_mb']:.2f} MB |"
    yield f"| fetched | {found['fetched_mb']:.2f} MB |"
    yield f"| linked | {found['linked_mb']:.2f} MB |"
    yield f"| from wanted to confirmed by the service | {found['seconds']:.1f} s |"


def _memory(found: Mapping[str, float]) -> Iterator[str]:
    yield f"| two versions of 1,000,000 users and {FACTORS} factors, held during a switch | |"
    yield "|---|---|"
    yield f"| their files | {found['files_mb']:.0f} MB |"
    yield f"| of them in the page cache, each page once, whoever maps it | {found['cached_mb']:.0f} MB |"
    yield f"| all else that master and two workers map (PSS) | {found['else_mb']:.0f} MB |"
    yield f"| both, times the files | {found['ratio']:.3f} |"
