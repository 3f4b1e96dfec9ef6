"""A table of `resources`, read again."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.resources.ports import ServiceUse
from auto_deployment.recipe.resources.watch import COLUMNS


@dataclass(frozen=True, slots=True)
class Seen:
    """A service at a moment."""

    moment: datetime
    use: ServiceUse


def read_table(path: Path) -> list[Seen]:
    """Return its rows in order; raise `BadInputError` for a file that is none."""
    try:
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
        return [_seen(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(f"{path} is no table of `marquee resources` ({error}).") from error


def check_table(path: Path) -> None:
    """Raise `BadInputError` for what will be no table, before somebody waits for it."""
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline().strip()
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} cannot be read ({error}): begin `marquee resources` first.") from error
    if header != ",".join(COLUMNS):
        raise BadInputError(f"{path} is no table of `marquee resources`.")


def _seen(row: Mapping[str, str]) -> Seen:
    use = ServiceUse(
        service=row["service"],
        replicas=int(row["replicas"]),
        cpu_requested=_value(row["cpu_requested"]),
        cpu_limit=_value(row["cpu_limit"]),
        cpu_used=_value(row["cpu_used"]),
        memory_requested_mb=_value(row["memory_requested_mb"]),
        memory_limit_mb=_value(row["memory_limit_mb"]),
        memory_used_mb=float(row["memory_used_mb"]),
    )
    return Seen(datetime.fromisoformat(row["time"]), use)


def _value(cell: str) -> float | None:
    return float(cell) if cell else None


def of_services(seen: Sequence[Seen]) -> dict[str, list[Seen]]:
    """Return the rows of each service, services in the order in which they appear."""
    found: dict[str, list[Seen]] = {}
    for one in seen:
        found.setdefault(one.use.service, []).append(one)
    return found
