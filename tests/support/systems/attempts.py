"""What NGINX noted of requests: its own time for each, and the attempts behind one that failed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.systems.load import Outcome

SEPARATOR = re.compile(", | : ")
Line = Mapping[str, Any]  # of the edge log


def lasted_ms(line: Line) -> float:
    """Return how long a request took by NGINX's clock: from its first byte to the last of its answer."""
    return 1000 * float(line["request_time"])


def describe(outcome: Outcome, lines: Sequence[Line]) -> str:
    """Say what became of a request and which attempts were made for it, each with status and duration."""
    said = outcome.failure or f"{outcome.track} after {outcome.latency_s:.3f} s"
    line = _line_of(outcome, lines)
    if line is None:
        return f"user {outcome.user}, {said}: the edge log has no line of it"
    parts = (line["upstream_addr"], line["upstream_status"], line["upstream_response_time"])
    attempts = zip(*(SEPARATOR.split(part) for part in parts), strict=False)
    made = "; ".join(f"{address} {status} after {seconds} s" for address, status, seconds in attempts)
    took = f"{line['status']} {line['source'] or 'no list'} after {line['request_time']:.3f} s"
    return f"{line['time']} user {outcome.user}, {said}: {took}, attempts: {made}"


def _line_of(outcome: Outcome, lines: Sequence[Line]) -> Line | None:
    """Find a request's line by its id; whoever got no answer knows none, and is found by his user."""
    user = str(outcome.user)
    if outcome.request_id:
        return next((one for one in lines if one["request_id"] == outcome.request_id), None)
    return next((one for one in lines if one["user"] == user and one["status"] != 200), None)
