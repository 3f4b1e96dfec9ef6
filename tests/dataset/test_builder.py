from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.dataset import columns as batch_columns
from auto_deployment.dataset import watch_columns as batch_watches
from auto_deployment.dataset.builder import SegmentBuilder, from_microseconds, microseconds
from auto_deployment.dataset.events import AccountCreated, Event, Rating, Recommendation
from auto_deployment.dataset.schema import SCHEMA
from tests.support.ingest.segments import NOON, watch

SOURCE = {"kind": "kafka", "topic": "movielog1", "offsets": {"0": [0, 9]}}


def rows_of(builder: SegmentBuilder) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pa.Table.from_batches(builder.record_batches(), SCHEMA).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def built(*events: Event) -> SegmentBuilder:
    builder = SegmentBuilder()
    for event in events:
        builder.add(event)
    return builder


def test_the_minutes_of_a_user_and_movie_become_one_row_of_ranges() -> None:
    builder = built(*watch(7, "heat+1995", 3, 0, 1, 9, 4), *watch(7, "alien+1979", 2))
    rows = rows_of(builder)
    assert rows == [
        {
            "kind": "watch",
            "user_id": 7,
            "movie_id": "heat+1995",
            "time": NOON,
            "last_time": NOON + timedelta(minutes=9),
            "minutes": [0, 1, 3, 4, 9, 9],
        },
        {
            "kind": "watch",
            "user_id": 7,
            "movie_id": "alien+1979",
            "time": NOON + timedelta(minutes=2),
            "last_time": NOON + timedelta(minutes=2),
            "minutes": [2, 2],
        },
    ]


def test_a_rating_stays_a_row_with_its_position() -> None:
    builder = SegmentBuilder()
    builder.add(Rating(NOON, 7, "heat+1995", 3.5), partition=1, offset=2**40)
    builder.add_ratings(
        np.array([8], np.int32),
        np.array([1], np.int32),
        ["cold+1995", "heat+1995"],
        np.array([4], np.float32),
        np.array([microseconds(NOON)]),
    )
    assert rows_of(builder) == [
        {
            "kind": "rating",
            "user_id": 7,
            "movie_id": "heat+1995",
            "time": NOON,
            "rating": 3.5,
            "partition": 1,
            "offset": 2**40,
        },
        {"kind": "rating", "user_id": 8, "movie_id": "heat+1995", "time": NOON, "rating": 4.0},
    ]


def test_a_recommendation_keeps_its_list_or_its_error_in_order() -> None:
    listed = Recommendation(NOON, 7, "host:8082", 200, ("heat+1995", "alien+1979"), None, 102)
    failed = Recommendation(NOON, 8, "host:8082", 0, (), "java.net.ConnectException: refused", 25)
    fields = {"kind": "recommendation", "time": NOON, "server": "host:8082"}
    assert rows_of(built(listed, failed, listed)) == [
        {**fields, "user_id": 7, "status": 200, "latency_ms": 102, "movies": ["heat+1995", "alien+1979"]},
        {**fields, "user_id": 8, "status": 0, "latency_ms": 25, "movies": [], "error": failed.error},
        {**fields, "user_id": 7, "status": 200, "latency_ms": 102, "movies": ["heat+1995", "alien+1979"]},
    ]


def test_a_created_account_is_a_row() -> None:
    assert rows_of(built(AccountCreated(NOON, 7))) == [{"kind": "account", "user_id": 7, "time": NOON}]


def test_rows_are_the_same_however_many_fit_into_a_batch(monkeypatch: Any) -> None:
    events: list[Event] = []
    for user_id in (5, 3, 3, 9, 1):
        events += watch(user_id, f"movie+{user_id % 2}", 1, 2, 2)
        events.append(
            Recommendation(NOON, user_id, "h:1", 200, tuple(f"m+{i}" for i in range(user_id)), None, 1)
        )
        events.append(Rating(NOON, user_id, "heat+1995", 4))
    whole = rows_of(built(*events))
    for module in (batch_columns, batch_watches):
        monkeypatch.setattr(module, "ROWS_PER_BATCH", 2)
    assert rows_of(built(*events)) == whole
    assert len(list(built(*events).record_batches())) > 6


def test_the_facts_count_every_line_and_what_was_said_twice() -> None:
    lines = watch(7, "heat+1995", 0, 1, 1)
    builder = built(*lines, Rating(NOON, 7, "heat+1995", 4), AccountCreated(NOON, 8))
    builder.count_rejected("time")
    builder.count_rejected("time")
    builder.count_repaired()
    rows_of(builder)
    meta = builder.meta(SOURCE, (1, 5))
    assert builder.lines == 7
    assert meta.counts == {
        "watch": 3,
        "rating": 1,
        "recommendation": 0,
        "account": 1,
        "rejected": 2,
        "repaired": 1,
        "duplicate": 1,
    }
    assert meta.rejected_by_reason == {"time": 2}
    assert (meta.first_time, meta.last_time) == (NOON, NOON + timedelta(minutes=1))


def test_an_empty_batch_has_no_rows_and_no_times() -> None:
    builder = SegmentBuilder()
    assert rows_of(builder) == []
    assert builder.meta(SOURCE, (1, 5)).first_time is None


def test_a_batch_knows_about_how_large_it_is() -> None:
    builder = built(
        *(line for user_id in range(100) for line in watch(user_id + 1, "heat+1995", *range(100)))
    )
    assert 200_000 < builder.nbytes < 300_000


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_are_exact_in_every_century(time: datetime) -> None:
    assert from_microseconds(microseconds(time)) == time
