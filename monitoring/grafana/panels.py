"""What a dashboard is made of, in the words of those who write one; `render.py` knows Grafana's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["timeseries", "stat", "table", "state-timeline"]


@dataclass(frozen=True, slots=True)
class Query:
    """One expression of PromQL; `legend` names its series by their labels, as in `{{track}}`."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture; widths count to 24.

    `unit` is one of Grafana's names (`s`, `reqps`, `percentunit`, `bytes`, `dateTimeFromNow`...), `text` what
    a reader has to know beyond the title, `warn_at` and `bad_at` where its colour changes, `names` words for
    values.
    """

    title: str
    queries: tuple[Query, ...]
    kind: Kind = "timeseries"
    unit: str = "short"
    width: int = 8
    height: int = 7
    text: str = ""
    stacked: bool = False
    lowest: float | None = 0
    highest: float | None = None
    warn_at: float | None = None
    bad_at: float | None = None
    good_at: float | None = None  # the other way round: bad below
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A heading over the panels that follow."""

    title: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page; its name is that of its file and address."""

    name: str
    title: str
    text: str
    parts: tuple[Row | Panel, ...]
    hours: int = 6


def lines(
    title: str, *queries: tuple[str, str], unit: str = "short", text: str = "", **more: object
) -> Panel:
    """Return a panel of curves, each an expression and a legend."""
    return Panel(title, _queries(queries), unit=unit, text=text, **more)  # type: ignore[arg-type]


def number(
    title: str, *queries: tuple[str, str], unit: str = "short", text: str = "", **more: object
) -> Panel:
    """Return a panel of large numbers."""
    shape: dict[str, object] = {"width": 4, "height": 4, "lowest": None, **more}
    return Panel(title, _queries(queries), kind="stat", unit=unit, text=text, **shape)  # type: ignore[arg-type]


def _queries(pairs: tuple[tuple[str, str], ...]) -> tuple[Query, ...]:
    return tuple(Query(expr, legend) for expr, legend in pairs)
