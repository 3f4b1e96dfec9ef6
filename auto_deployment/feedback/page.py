"""The report as a table that a person can read."""

from collections.abc import Iterable, Mapping, Sequence

from auto_deployment.feedback.measures import Measured
from auto_deployment.statistics.bootstrap import Estimate

HEAD = (
    "", "lists", "users", "watched from list", "MRR", "share watched", "rating", "same list", "coverage",
    "popularity",
)  # fmt: skip
NOTHING = (
    "No list was shown in this time that both the stream and the edge log tell of: `ingest` has to read the "
    "platform's stream, and `feedback collect` and `feedback join` have to run.\n"
)


def table(measured: Sequence[Measured]) -> str:
    """Return the groups below each other, a heading where the way of grouping changes."""
    if not measured:
        return NOTHING
    rows: list[tuple[str, ...]] = [HEAD]
    by = ""
    for one in measured:
        if one.by != by and one.by != "all":
            rows.append((f"by {one.by}", *[""] * (len(HEAD) - 1)))
        by = one.by
        rows.append(_row(one))
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    return "".join(_line(row, widths) for row in rows)


def _row(one: Measured) -> tuple[str, ...]:
    found = one.estimates
    return (
        one.value if one.by == "all" else f"  {one.value or '(none)'}",
        f"{one.impressions:,}",
        f"{one.users:,}",
        _percent(found["hit_rate"]),
        _number(found["mrr"], 3),
        _percent(found["share_watched"]),
        _number(found["rating"], 2),
        _percent(found["repeated"]),
        "-" if one.coverage is None else f"{100 * one.coverage:.1f} %",
        "-" if one.popularity is None else f"{one.popularity:.2f}",
    )


def _percent(estimate: Estimate) -> str:
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    if value is None:
        return "-"
    between = "" if low is None or high is None else f" ({100 * low:.1f}-{100 * high:.1f})"
    return f"{100 * value:.1f} %{between}"


def _number(estimate: Estimate, digits: int) -> str:
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    if value is None:
        return "-"
    between = "" if low is None or high is None else f" ({low:.{digits}f}-{high:.{digits}f})"
    return f"{value:.{digits}f}{between}"


def _line(row: Iterable[str], widths: Sequence[int]) -> str:
    cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
    return "  ".join(cells).rstrip() + "\n"


def found(lines: Mapping[str, int], difference_s: float | None) -> str:
    """Say how much of both sides was joined, and how far the clocks are apart."""
    joined = lines.get("joined", 0)
    clock = "not known" if difference_s is None else f"{difference_s:+.2f} s"
    sides = f"{_alone(lines, 'stream')} {_alone(lines, 'edge')}"
    return f"\n{joined:,} lists joined. {sides} Host's clock: {clock}.\n"


def _alone(lines: Mapping[str, int], side: str) -> str:
    what = {"stream": "lines of the stream without a request", "edge": "requests without a line"}[side]
    words = {
        "alone": "none of this user",
        "too_far": "too far",
        "partner_taken": "taken",
        "waiting": "waiting",
    }
    parts = [(lines.get(f"{side}_{name}", 0), text) for name, text in words.items()]
    total = sum(number for number, _ in parts)
    why = ", ".join(f"{number:,} {text}" for number, text in parts if number)
    return f"{total:,} {what}{f' ({why})' if why else ''}."
