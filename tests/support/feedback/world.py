"""A platform in small: what NGINX and the stream say of the same requests, and the parts that join it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.events import Event, Rating, Recommendation, Watch
from auto_deployment.feedback.collect import Collector
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.join import Joiner, Round
from auto_deployment.feedback.params import FeedbackParams
from auto_deployment.feedback.questions import ask
from auto_deployment.feedback.store import FeedbackStore, ParquetStore
from auto_deployment.feedback.tables import IMPRESSIONS, FeedbackTable
from auto_deployment.params import load_params
from auto_deployment.paths import FeedbackLayout, Paths
from tests.support.ingest.segments import write_segment
from tests.support.project import PROJECT
from tests.support.release.edge_lines import edge_line

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
LIST = ("alien+1979", "brazil+1985", "clue+1985")


def params(**join: Any) -> FeedbackParams:
    """Return the shipped parameters, with some of the joining others."""
    shipped = load_params(PROJECT / "params.yaml").feedback
    return replace(shipped, join=replace(shipped.join, **join))


def after(**length: float) -> datetime:
    return NOON + timedelta(**length)


def request(
    began: datetime, user_id: int, number: int, *, ms: float = 20, ahead_s: float = 0, **fields: object
) -> bytes:
    """Return NGINX's line about a request that began at a time of the stream's clock."""
    ended = began + timedelta(seconds=ahead_s + ms / 1000)
    shown: dict[str, object] = {"time": ended.isoformat(timespec="milliseconds"), "request_time": ms / 1000}
    return edge_line(**({"user": str(user_id), "request_id": f"{number:032x}"} | shown | fields))


def told(time: datetime, user: int, movies: Sequence[str] = LIST) -> Recommendation:
    """Return the stream's line about it."""
    status = 200 if movies else 0
    error = None if movies else "java.net.ConnectException"
    return Recommendation(time, user, "movies.example.org:8082", status, tuple(movies), error, 21)


def watched(time: datetime, user: int, movie: str, minutes: int = 30) -> list[Event]:
    return [Watch(time + timedelta(minutes=one), user, movie, one) for one in range(minutes)]


def rated(time: datetime, user: int, movie: str, rating: float) -> Rating:
    return Rating(time, user, movie, rating)


class World:
    """One data directory with an edge log beside it."""

    # What keeps the tables below a folder: tests that hold for each kind of store put another one here.
    make_store: Callable[[Path], FeedbackStore] = ParquetStore

    def __init__(self, folder: Path, settings: FeedbackParams | None = None) -> None:
        self.paths = Paths(folder / "data")
        self.layout = FeedbackLayout(self.paths.feedback)
        self.edge_log = folder / "edge.log"
        self.edge_log.touch()
        self.params = settings or params()
        self.store = type(self).make_store(self.layout.root)
        self.engine = Engine(self.layout.spill, 1, 256)
        self._segments = 0

    def log(self, *lines: bytes) -> None:
        with self.edge_log.open("ab") as file:
            file.write(b"".join(lines))

    def segment(self, *events: Event, scale: tuple[float, float] = (1, 5)) -> Path:
        self._segments += 1
        return write_segment(self.paths.segments, f"file-{self._segments:06d}", events, scale)

    def catalogue(self, *movies: str, runtime_min: int = 60) -> None:
        rows: list[tuple[object, ...]] = [(movie, movie, [], 1985, runtime_min) for movie in movies]
        MOVIES.write(self.paths.catalog, pd.DataFrame(rows, columns=MOVIES.schema.names))

    def catalogue_users(self) -> pd.DataFrame:
        return USERS.read(self.paths.catalog)

    def collector(self) -> Collector:
        return Collector(self.edge_log, self.paths, self.params.collect)

    def collect(self) -> Collector:
        """Read what there is, and close it."""
        collector = self.collector()
        collector.step(NOON)
        collector.close()
        return collector

    def joiner(self) -> Joiner:
        return Joiner(self.paths, self.store, self.engine, self.params)

    def join(self, now: datetime | None = None) -> Round:
        return self.joiner().step(now or after(hours=2))

    def rows(self, sql: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(self.engine, self.store, sql, {}).to_pylist()
        return found

    def counts(self, begin: datetime = NOON, table: FeedbackTable = IMPRESSIONS) -> dict[str, int]:
        """Return what was counted of a period, without what is nothing."""
        counts: dict[str, int] = self.store.facts(table)[begin]["counts"]
        return {name: number for name, number in counts.items() if number}

    def clock_difference_s(self, begin: datetime = NOON) -> float | None:
        found: float | None = self.store.facts(IMPRESSIONS)[begin]["clock_difference_s"]
        return found
