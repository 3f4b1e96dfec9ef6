"""Rejected lines of the stream, tried with the parser and the catalogue of today."""

from dataclasses import dataclass, field
from pathlib import Path

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.events import Event, Reason, parse
from auto_deployment.ingest.platform.movie_ids import MovieIds
from auto_deployment.ingest.quarantine.files import batches
from auto_deployment.ingest.rating_scale import Scale
from auto_deployment.ingest.sort_lines import sort_one


@dataclass(slots=True)
class Recovered:
    """What is an event now, and the numbers of its rows in the quarantine file."""

    builder: SegmentBuilder = field(default_factory=SegmentBuilder)
    rows: list[int] = field(default_factory=list)


class _Receiver:
    """Takes what is an event now, and notes which row that was."""

    def __init__(self) -> None:
        self.recovered = Recovered()
        self.row = 0
        self.unknown_movie_lines = 0

    def add_usual(self, event: Event, partition: int, offset: int) -> None:
        self.add(event, partition, offset)

    def add(self, event: Event, partition: int, offset: int, repaired: bool = False) -> None:
        self.recovered.builder.add(event, partition, offset)
        self.recovered.rows.append(self.row)
        if repaired:
            self.recovered.builder.count_repaired()

    def reject(self, raw: bytes, reason: Reason, partition: int, offset: int) -> None:
        """Leave the line where it is."""


def try_lines(path: Path, movies: MovieIds, scale: Scale) -> Recovered:
    """Try each line of a quarantine file."""
    receiver = _Receiver()
    for batch in batches(path, ["raw", "partition", "offset"]):
        for row in batch.to_pylist():
            partition, offset = (-1 if row[name] is None else row[name] for name in ("partition", "offset"))
            event = parse(row["raw"], rating_scale=scale)
            sort_one(event, row["raw"], partition, offset, receiver, movies)
            receiver.row += 1
    return receiver.recovered
