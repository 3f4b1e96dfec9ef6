"""One line of the edge log: which instances were asked, and how each attempt went (docs/traffic.md)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

SEPARATOR = re.compile(", | : ")  # the latter before a third attempt
ADDRESS = re.compile(r"\S+:(?P<port>[0-9]{1,5})")
UNFINISHED = "-"  # the client went away before the attempt had an outcome
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Attempt:
    """NGINX asked an instance. Bad: refused, closed, timed out (NGINX writes 502 and 504) or answered 5xx."""

    track: str
    bad: bool
    seconds: float = 0.0  # that it took; 0 where NGINX does not say


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request: its attempts in order, those to addresses of no known track apart."""

    user: str  # empty where none is named
    source: str  # of the answer's list: personal, popular, static, or empty
    attempts: tuple[Attempt, ...]
    foreign_attempts: int


def parse_line(line: bytes, tracks: Mapping[int, str]) -> LoggedRequest | None:
    """Read a line, None when it is damaged; `tracks` says which track listens on a port."""
    try:
        entry = json.loads(line)
        user, source = entry["user"], entry["source"]
        addresses = _items(entry["upstream_addr"])
        statuses = _items(entry["upstream_status"])
    except (KeyError, RecursionError, TypeError, ValueError):
        return None
    if not isinstance(user, str) or not isinstance(source, str) or len(addresses) != len(statuses):
        return None
    times = _durations(entry.get("upstream_response_time"), len(addresses))
    attempts, foreign = [], 0
    for address, status, time in zip(addresses, statuses, times, strict=True):
        found = ADDRESS.fullmatch(address)
        if not found or status == UNFINISHED:  # `marquee`: NGINX had no instance to ask
            continue
        if not (status.isascii() and status.isdigit()):
            return None
        track = tracks.get(int(found["port"]))
        if track is None:
            foreign += 1
        else:
            attempts.append(Attempt(track, int(status) >= 500, time))
    return LoggedRequest(user, source, tuple(attempts), foreign)


def _durations(field: object, count: int) -> list[float]:
    """Read an attempt's seconds each; what a line says of its attempts counts without them, too."""
    found = SEPARATOR.split(field) if isinstance(field, str) else []
    times = [float(one) if SECONDS.fullmatch(one) else 0.0 for one in found]
    return times if len(times) == count else [0.0] * count


def _items(field: object) -> list[str]:
    if not isinstance(field, str):
        raise TypeError("a list of NGINX is text")
    return SEPARATOR.split(field) if field else []
