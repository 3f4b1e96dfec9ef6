"""What is printed of a story, and what is kept of it."""

import gzip
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.systems.promise.steady import Chapter

HEAD = (
    f"{'chapter':<44}{'s':>6}{'requests':>10}{'failed':>8}{'p99 ms':>8}{'worst ms':>10}{'NGINX ms':>10}"
    f"{'canary':>8}"
)


@dataclass(frozen=True, slots=True)
class Result:
    """All of a run."""

    chapters: Sequence[Chapter]

    @property
    def all(self) -> Chapter:
        """Return the whole story as one chapter."""
        found = Chapter("all", sum(one.seconds for one in self.chapters))
        for one in self.chapters:
            found.outcomes += one.outcomes
            found.lines += one.lines
        return found

    def is_kept(self, requests: int = 0) -> bool:
        """Tell whether nobody was failed or took NGINX too long, and enough have asked."""
        everybody = self.all
        return everybody.complaints() == [] and len(everybody.outcomes) >= requests

    def table(self) -> str:
        """Return a row for each chapter and one for all, and below them who was not served well.

        Times are those of who asks, from the moment for which a request was planned, and then NGINX's own.
        """
        complaints = [line for one in self.chapters for line in one.complaints()]
        return "\n".join([HEAD, *map(_row, (*self.chapters, self.all)), *complaints])


def _row(chapter: Chapter) -> str:
    found = chapter.summary
    share = f"{found.canary_share:.1%}" if found.requests else "-"
    return (
        f"{chapter.title:<44}{chapter.seconds:>6.0f}{found.requests:>10,}{found.failed:>8}"
        f"{found.p99_ms:>8.0f}{found.worst_ms:>10.0f}{chapter.worst_ms:>10.0f}{share:>8}"
    )


def keep_artefacts(result: Result, name: str) -> None:
    """Put the table and the edge log's lines where the gate keeps what a run leaves, if it says where."""
    if place := os.environ.get("MARQUEE_ARTIFACTS"):
        Path(place).mkdir(parents=True, exist_ok=True)
        (Path(place) / f"{name}.txt").write_text(result.table() + "\n", "utf-8")
        with gzip.open(Path(place) / f"{name}-edge.log.gz", "wt", encoding="utf-8") as file:
            for one in result.chapters:
                file.write(json.dumps({"chapter": one.title}) + "\n")
                file.writelines(json.dumps(line) + "\n" for line in one.lines)
