"""Online measures for people: the table of a mail and the line of `release status`. Pure."""

from collections.abc import Callable, Sequence

from auto_deployment.mail.format import clock, percent
from auto_deployment.mail.page import Row, Section, Table
from auto_deployment.release.online.reader import Bounds, NotMeasured, Online, OnlineGroup, OnlineMeasures

DASH = "\u2013"
Cell = Callable[[OnlineGroup], str]


def online_section(online: Online) -> Section:
    """Return the section of a mail: a column for each track, or why there is none."""
    title = "Watched from their lists"
    if isinstance(online, NotMeasured):
        return Section(title, [_sentence(online.reason)])
    tracks = online.tracks()
    head = ("measure", *(one.value for one in tracks))
    rows = tuple(Row((name, *map(cell, tracks))) for name, cell in ROWS)
    return Section(title, [_time(online)], tables=[Table(head, rows)] if tracks else [])


def online_line(online: Online) -> str:
    """Return what `release status` says."""
    if isinstance(online, NotMeasured):
        return online.reason
    tracks = online.tracks() or online.of("all")
    said = ", ".join(
        f"{one.value} {_share(one.estimate('hit_rate'))} of {one.users:,} users" for one in reversed(tracks)
    )
    return f"{said or 'nobody was shown a list'}; joined {clock(online.as_of)}"


def group_words(one: OnlineGroup) -> str:
    """Return one group in a line, for provenance."""
    rating = _number(one.estimate("rating"), 2)
    return (
        f"watched from list {_share(one.estimate('hit_rate'))}, MRR {_number(one.estimate('mrr'), 3)}, "
        f"rating {rating}, {one.users:,} users"
    )


def _time(online: OnlineMeasures) -> str:
    span = online.as_canary or online
    same = "of both tracks over the same time, " if online.as_canary else ""
    return (
        f"Lists {same}{clock(span.since)} to {clock(span.until)}, as joined {clock(online.as_of)}. "
        "Intervals are over users (95 %). The newest lists have not had their 24 h, on both tracks alike."
    )


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]


def _share(bounds: Bounds) -> str:
    return between(bounds, lambda value: f"{100 * value:.1f}", " %")


def _number(bounds: Bounds, digits: int) -> str:
    return between(bounds, lambda value: f"{value:.{digits}f}")


def between(bounds: Bounds, words: Callable[[float], str], unit: str = "") -> str:
    """Return a value with its interval, a dash for what is not known."""
    value, low, high = (bounds.get(name) for name in ("value", "low", "high"))
    if value is None:
        return DASH
    interval = "" if low is None or high is None else f" ({words(low)} to {words(high)})"
    return f"{words(value)}{unit}{interval}"


def _optional(words: Callable[[float], str], value: float | None) -> str:
    return DASH if value is None else words(value)


ROWS: Sequence[tuple[str, Cell]] = (
    ("Lists", lambda one: f"{one.impressions:,}"),
    ("Users", lambda one: f"{one.users:,}"),
    ("Watched from list", lambda one: _share(one.estimate("hit_rate"))),
    ("MRR", lambda one: _number(one.estimate("mrr"), 3)),
    ("Share watched", lambda one: _share(one.estimate("share_watched"))),
    ("Rating", lambda one: _number(one.estimate("rating"), 2)),
    ("Same list again", lambda one: _share(one.estimate("repeated"))),
    ("Coverage", lambda one: _optional(percent, one.coverage)),
    ("Popularity", lambda one: _optional("{:.2f}".format, one.popularity)),
)
