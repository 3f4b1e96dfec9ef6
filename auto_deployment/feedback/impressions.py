"""What was shown in one hour, and to whom: the stream's lines joined with those of the edge log."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from auto_deployment.dataset.arrays import BoolArray, int64s
from auto_deployment.feedback.codes import coded_lists
from auto_deployment.feedback.edge_rows import TEXTS
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.files import TIME
from auto_deployment.feedback.match import NONE, Lines, clock_difference_us, match, reasons
from auto_deployment.feedback.params import JoinParams
from auto_deployment.feedback.service.shown import read_service
from auto_deployment.feedback.sources import Sources, Span, lines_of, read_edge, read_shown
from auto_deployment.feedback.tables import IMPRESSIONS

SECOND_US = 1_000_000
MARGIN_US = 60 * SECOND_US  # beside the hour: which lines belong together shows in their neighbours


@dataclass(frozen=True, slots=True)
class Joined:
    """An hour's impressions and what was counted on the way."""

    rows: pa.Table
    counts: dict[str, int]
    clock_difference_s: float | None  # of the edge log's clock to the stream's; None: too few lines to say


def edge_span(hour: Span, params: JoinParams) -> Span:
    """Return when the requests of an hour of the stream can have been on the host's clock."""
    beside_us = MARGIN_US + round(params.clock_difference_max_s * SECOND_US)
    return hour.wider(beside_us, beside_us)


def join_hour(engine: Engine, sources: Sources, hour: Span, params: JoinParams) -> Joined:
    """Join an hour of the stream's clock; the same files give the same rows."""
    window_us = round(params.match_window_s * SECOND_US)
    most_us = round(params.clock_difference_max_s * SECOND_US)
    around, wide = hour.wider(MARGIN_US, MARGIN_US), edge_span(hour, params)
    shown = read_shown(engine, sources.segment_files(around), around, sources.corrections)
    edge = read_edge(sources.edge_files(wide.wider(0, MARGIN_US)), wide)
    stream, requests = lines_of(shown, "time_us"), lines_of(edge, "began_us")
    difference_us = clock_difference_us(stream, requests, most_us, window_us)
    requests = requests.moved(-(difference_us or 0))
    partner = match(stream, requests, window_us)
    inside = _inside(stream, hour)
    taken = inside & (partner != NONE)
    rows = _rows(shown.filter(pa.array(taken)), edge.take(pa.array(partner[taken])))
    files = sources.service_files(hour.wider(0, MARGIN_US))
    own = read_service(files, hour.begin_us, hour.end_us, rows["request_id"].combine_chunks())
    counts = {"joined": len(rows) + len(own)}
    alone = inside & (partner == NONE)
    alone[alone] = ~_told_by(own, stream.where(alone), most_us, window_us)
    counts |= _unmatched(stream, requests, alone, "stream", most_us, window_us)
    free = np.ones(len(requests), np.bool_)
    free[partner[partner != NONE]] = False
    free &= _inside(requests, hour)
    waiting = free & (requests.time_us > sources.stream_end_us)
    counts["edge_waiting"] = int(waiting.sum())
    counts |= _unmatched(requests, stream, free & ~waiting, "edge", most_us, window_us)
    return Joined(
        pa.concat_tables([rows, own]), counts, None if difference_us is None else difference_us / SECOND_US
    )


def _inside(lines: Lines, span: Span) -> BoolArray:
    return (lines.time_us >= span.begin_us) & (lines.time_us < span.end_us)


def _told_by(own: pa.Table, stream: Lines, most_us: int, window_us: int) -> BoolArray:
    """Tell which lines of the stream are about lists that the service itself has told of."""
    lines = Lines(int64s(own["user_id"]), int64s(own["time"]))
    difference_us = clock_difference_us(stream, lines, most_us, window_us) or 0
    found: BoolArray = match(stream, lines.moved(-difference_us), window_us) != NONE
    return found


def _unmatched(
    lines: Lines, others: Lines, unmatched: BoolArray, side: str, most_us: int, window_us: int
) -> dict[str, int]:
    found = reasons(lines, others, unmatched, most_us, window_us)
    return {
        f"{side}_alone": found.none,
        f"{side}_too_far": found.too_far,
        f"{side}_partner_taken": found.taken,
    }


def _rows(shown: pa.Table, edge: pa.Table) -> pa.Table:
    order = pa.array(np.argsort(shown["time_us"].to_numpy(), kind="stable"))
    shown, edge = shown.take(order).combine_chunks(), edge.take(order)
    movies = shown["movies"].combine_chunks()
    columns: dict[str, Any] = {
        "request_id": edge["request_id"],
        "time": shown["time_us"].cast(TIME),
        "edge_time": edge["time"],
        "user_id": shown["user_id"],
        "movies": pa.ListArray.from_arrays(movies.offsets, movies.flatten().cast(pa.string())),
        "codes": coded_lists(movies),
        "status": edge["status"],
        "stream_status": shown["stream_status"],
        "duration_ms": edge["duration_ms"],
        "latency_ms": shown["latency_ms"],
        **{name: edge[name].cast(pa.string()) for name in TEXTS},
    }
    table = pa.table([columns[name] for name in IMPRESSIONS.schema.names], IMPRESSIONS.schema.names)
    return table.cast(IMPRESSIONS.schema)
