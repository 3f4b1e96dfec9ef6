"""What is joined: the edge log's files and the stream's segments, for a stretch of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.dataset.columns import Interned
from auto_deployment.dataset.corrections.applied import Corrections, read_corrections
from auto_deployment.dataset.segments import Segment, list_segments
from auto_deployment.feedback import edge_rows
from auto_deployment.feedback.collect import span_of
from auto_deployment.feedback.engine import Engine, parquet
from auto_deployment.feedback.files import FeedbackError, closed_files, microseconds, moment, read_facts
from auto_deployment.feedback.match import Lines

BATCH_ROWS = 20_000
_COLUMNS = {
    "time_us": pa.int64(),
    "user_id": pa.int64(),
    "stream_status": pa.int16(),
    "latency_ms": pa.int32(),
}
_LISTED = pa.field("movies", pa.list_(pa.int32()))
_NAMED = pa.field("movies", pa.list_(pa.dictionary(pa.int32(), pa.string())))
CODED = pa.schema([*_COLUMNS.items(), _LISTED, ("partition", pa.int32()), ("offset", pa.int64())])
SHOWN = pa.schema([*_COLUMNS.items(), _NAMED])


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to before another, in microseconds since 1970."""

    begin_us: int
    end_us: int

    def touches(self, other: "Span") -> bool:
        return self.begin_us < other.end_us and self.end_us >= other.begin_us

    def wider(self, before_us: int, after_us: int) -> "Span":
        return Span(self.begin_us - before_us, self.end_us + after_us)


@dataclass(frozen=True, slots=True)
class Sources:
    """The closed files that are there; whoever reads segments holds `dataset.locks.reading`."""

    edge: Mapping[Path, Span]  # with the times of their requests
    segments: Sequence[Segment]
    corrections: Corrections  # of all of them
    service: Mapping[Path, Span] = field(default_factory=dict)  # as `edge`, where the service tells itself

    @classmethod
    def below(cls, edge: Path, segments: Path, service: Path | None = None) -> "Sources":
        """Look what is there; raise `MarqueeError` naming a file that cannot be read."""
        listed = list_segments(segments)
        corrections = read_corrections(one.path for one in listed)
        return cls(_spans(edge), listed, corrections, _spans(service) if service else {})

    @property
    def stream_end_us(self) -> int:
        """The time of the newest line of the stream."""
        times = [segment.meta.last_time for segment in self.segments if segment.meta.last_time]
        return max(map(microseconds, times), default=0)

    @property
    def behind_s(self) -> float:
        """How far the newest line of the stream is behind the newest request; without any, behind the first.

        So long requests wait to be joined; a difference of the clocks is in it.
        """
        if not self.edge:
            return 0.0
        newest = max(span.end_us for span in self.edge.values())
        told = self.stream_end_us or min(span.begin_us for span in self.edge.values())
        return max(newest - told, 0) / 1_000_000

    def edge_files(self, span: Span) -> list[Path]:
        return [path for path, own in self.edge.items() if own.touches(span)]

    def service_files(self, span: Span) -> list[Path]:
        return [path for path, own in self.service.items() if own.touches(span)]

    def segment_files(self, span: Span) -> list[Segment]:
        return [one for one in self.segments if _touches(one, span)]

    def removed_in(self, span: Span) -> list[int]:
        """Return the numbers of corrections that take away events of a stretch of time."""
        removals = (one for *_, one in self.corrections.removals())
        return sorted({one.number for one in removals if Span(one.first_us, one.last_us).touches(span)})


def _spans(folder: Path) -> dict[Path, Span]:
    return {path: Span(*map(microseconds, span_of(path))) for path in closed_files(folder)}


def read_edge(files: Sequence[Path], span: Span) -> pa.Table:
    """Read the requests that began in a stretch of time, in order of user and time, with `began_us`."""
    tables = [edge_rows.SCHEMA.empty_table()]
    for path in files:
        read_facts(path)
        try:
            tables.append(pq.read_table(path, page_checksum_verification=True).cast(edge_rows.SCHEMA))
        except (OSError, pa.ArrowException) as error:
            reason = " ".join(str(error).split())
            raise FeedbackError(
                f"{path} is damaged ({reason}): restore it from a copy or move it away."
            ) from error
    table = pa.concat_tables(tables).unify_dictionaries()
    began_us = edge_rows.began_us(table)
    table = table.append_column("began_us", pa.array(began_us))
    table = table.filter((began_us >= span.begin_us) & (began_us < span.end_us))
    return table.sort_by([("user_id", "ascending"), ("began_us", "ascending"), ("request_id", "ascending")])


def read_shown(engine: Engine, segments: Sequence[Segment], span: Span, corrections: Corrections) -> pa.Table:
    """Read what counts of the stream's lists in a stretch of time, with `time_us`; titles are coded."""
    sql = """
        SELECT epoch_us(time) AS time_us, user_id, movies, status AS stream_status, latency_ms,
            partition, "offset"
        FROM {files}
        WHERE kind = 'recommendation' AND time >= $begin AND time < $end
    """
    if not segments:
        return SHOWN.empty_table()
    values = {"begin": moment(span.begin_us), "end": moment(span.end_us)}
    titles, batches = Interned(), []
    with engine.connection() as connection:
        files = parquet([segment.path for segment in segments])
        for batch in connection.sql(sql.format(files=files), params=values).to_arrow_reader(BATCH_ROWS):
            batches.append(_coded(_counting(batch, corrections), titles))
    table = pa.Table.from_batches(batches, CODED)
    # DuckDB reads in no order, and two lines of one moment must not change places from one time to the next.
    order = [(name, "ascending") for name in ("user_id", "time_us", "partition", "offset", "latency_ms")]
    table = table.sort_by(order).combine_chunks()
    lists = table["movies"].combine_chunks()
    named = pa.DictionaryArray.from_arrays(lists.flatten(), titles.texts())
    movies = pa.ListArray.from_arrays(_ends(lists), named)
    return table.set_column(table.column_names.index("movies"), "movies", movies).select(SHOWN.names)


def _counting(batch: pa.RecordBatch, corrections: Corrections) -> pa.RecordBatch:
    """Leave out those who are forgotten, whose segments may not be written anew yet."""
    gone = corrections.forgets(batch["user_id"].to_numpy(), batch["time_us"].to_numpy())
    return batch.filter(pa.array(~gone)) if gone.any() else batch


def _coded(batch: pa.RecordBatch, titles: Interned) -> pa.RecordBatch:
    """Put numbers in the place of titles: an hour has few different ones, each many times."""
    lists = batch["movies"]
    found = lists.flatten().dictionary_encode()
    codes = np.array([titles.code(text) for text in found.dictionary.to_pylist()], np.int32)
    movies = pa.ListArray.from_arrays(_ends(lists), pa.array(codes[found.indices.to_numpy()]))
    columns = [movies if name == "movies" else batch[name] for name in CODED.names]
    return pa.RecordBatch.from_arrays(columns, schema=CODED)


def _ends(lists: pa.ListArray) -> pa.Array:
    """Return where each list begins, and the end; a list that is null is empty."""
    lengths = np.nan_to_num(lists.value_lengths().to_numpy(zero_copy_only=False))
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))


def lines_of(table: pa.Table, time: str) -> Lines:
    return Lines(table["user_id"].to_numpy(), table[time].to_numpy())


def _touches(segment: Segment, span: Span) -> bool:
    meta = segment.meta
    if meta.first_time is None or meta.last_time is None:
        return False
    return Span(microseconds(meta.first_time), microseconds(meta.last_time)).touches(span)
