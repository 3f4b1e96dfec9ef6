"""Corrections and wishes in any order say what a plain table says to which the same is done."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.dataset.corrections.joining import join_corrections
from auto_deployment.dataset.corrections.look import events_of
from auto_deployment.dataset.corrections.rewriting import rewrite
from auto_deployment.dataset.corrections.writing import correcting
from auto_deployment.dataset.events import Rating
from auto_deployment.dataset.published import mark_published
from auto_deployment.dataset.reading import read_ratings
from auto_deployment.errors import BadInputError
from auto_deployment.paths import Paths
from auto_deployment.people.all_places import places_of
from auto_deployment.people.correct import EventName, Value, add_event, correct_event, remove_event
from auto_deployment.people.forget import forget
from tests.support.ingest.segments import NOON, write_segment
from tests.support.training import movies_frame

SCALE = (1.0, 5.0)
USERS, TIMES = (1, 2), (NOON, NOON + timedelta(hours=1))
FORGET_AT = NOON + timedelta(minutes=30)  # after the first time, before the second
Table = dict[tuple[int, datetime], float]

steps = st.lists(
    st.tuples(
        st.sampled_from(["come in", "add", "correct", "remove", "forget", "rewrite", "join", "publish"]),
        st.sampled_from(USERS),
        st.sampled_from(TIMES),
        st.sampled_from([1.0, 2.0, 3.0]),
    ),
    max_size=10,
)


@settings(max_examples=30, deadline=None)
@given(steps=steps)
def test_any_order_of_steps_gives_what_a_plain_table_has(
    steps: list[tuple[str, int, datetime, float]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        MOVIES.write(paths.catalog, movies_frame(["heat+1995"]))
        table: Table = {(1, TIMES[0]): 1.0, (2, TIMES[0]): 2.0, (2, TIMES[1]): 3.0}
        known = [Rating(time, user, "heat+1995", value) for (user, time), value in table.items()]
        write_segment(paths.segments, "begin", known)
        came = set(table)
        forgotten: dict[int, datetime] = {}
        for place, (step, user, time, value) in enumerate(steps):
            key = user, time
            if step == "come in" and key not in came and key not in table:
                write_segment(paths.segments, f"s{place}", [Rating(time, user, "heat+1995", value)])
                came.add(key)
                if time > forgotten.get(user, time - timedelta(1)):
                    table[key] = value
            elif step == "rewrite":
                with correcting(paths):
                    rewrite(paths)
            elif step == "join":
                with correcting(paths):
                    join_corrections(paths, datetime.now(UTC), at_least=2)
            elif step == "publish":
                mark_published(paths, [path.stem for path in paths.segments.glob("*.parquet")])
            elif step == "forget":
                _forget(paths, table, forgotten, user)
            elif step in ("add", "correct", "remove"):
                _change(paths, table, forgotten, (step, key, value))
            _compare(paths, table)


def _change(
    paths: Paths, table: Table, forgotten: dict[int, datetime], what: tuple[str, tuple[int, datetime], float]
) -> None:
    step, (user, time), value = what
    name, now = EventName(user, "heat+1995", time), datetime.now(UTC)
    try:
        if step == "add":
            add_event(paths, name, Value(value), SCALE, now)
            table[user, time] = value
        elif step == "correct":
            correct_event(paths, name, Value(value), SCALE, now)
            assert (user, time) in table
            table[user, time] = value
        else:
            remove_event(paths, name, SCALE, now)
            del table[user, time]
    except BadInputError:
        of_before = time <= forgotten.get(user, time - timedelta(1))
        is_there = table.get((user, time))
        assert (of_before or is_there not in (None, value)) if step == "add" else is_there is None


def _forget(paths: Paths, table: Table, forgotten: dict[int, datetime], user: int) -> None:
    try:
        done = forget(paths, places_of(paths), user, FORGET_AT)
    except BadInputError:
        assert not any(one == user for one, _ in table)
        return
    forgotten[user] = done.wish.until
    for key in [key for key in table if key[0] == user and key[1] <= done.wish.until]:
        del table[key]


def _compare(paths: Paths, table: Table) -> None:
    frame = read_ratings(paths.segments).frame
    rows = zip(frame["user_id"], frame["time"], frame["rating"], strict=True)
    assert {(user, time.to_pydatetime()): rating for user, time, rating in rows} == table
    assert len(frame) == len(table)
    found = [one for user in USERS for one in events_of(paths.segments, user, SCALE)]
    assert {(one.user_id, one.time): one.rating for one in found} == table
