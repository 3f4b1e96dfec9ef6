from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.dataset import watch_union
from auto_deployment.dataset.events import Rating, Watch
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.dataset.schema import SegmentError
from tests.support.ingest.segments import NOON, watch, write_segment

RATING_TYPES = {
    "user_id": "int64",
    "movie_id": "category",
    "rating": "float32",
    "time": "datetime64[us, UTC]",
}
WATCH_TYPES = {
    "user_id": "int64",
    "movie_id": "category",
    "first_time": "datetime64[us, UTC]",
    "last_time": "datetime64[us, UTC]",
    "minutes_watched": "int32",
}


def types(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(kind) for name, kind in frame.dtypes.items()}


def watched(segments: Path) -> dict[tuple[int, str], int]:
    frame = read_watches(segments).frame
    keys = zip(frame["user_id"].tolist(), frame["movie_id"].tolist(), strict=True)
    return dict(zip(keys, frame["minutes_watched"].tolist(), strict=True))


def test_no_segments_give_empty_tables_of_the_right_types(tmp_path: Path) -> None:
    assert types(read_ratings(tmp_path / "absent").frame) == RATING_TYPES
    assert types(read_watches(tmp_path / "absent").frame) == WATCH_TYPES


def test_ratings_of_every_scale_arrive_on_one_to_five(tmp_path: Path) -> None:
    for scale in ((1, 5), (0.5, 5), (1, 10)):
        ends = [Rating(NOON, scale[1] * 10, "low+1990", scale[0]), Rating(NOON, 1, "high+1990", scale[1])]
        middle = Rating(NOON, 1, f"middle+{scale[1]}", sum(scale) / 2)
        write_segment(tmp_path, f"{scale}", [*ends, middle], scale)
    frame = read_ratings(tmp_path).frame
    assert types(frame) == RATING_TYPES
    found = {(movie.split("+")[0], rating) for movie, rating in frame[["movie_id", "rating"]].to_numpy()}
    assert found == {("low", 1.0), ("middle", 3.0), ("high", 5.0)}


def test_the_same_rating_counts_once_however_often_and_where_it_arrives(tmp_path: Path) -> None:
    rating = Rating(NOON, 7, "heat+1995", 4)
    others = [
        Rating(NOON, 7, "heat+1995", 3),
        Rating(NOON, 8, "heat+1995", 4),
        Rating(NOON, 7, "alien+1979", 4),
        Rating(NOON + timedelta(microseconds=1), 7, "heat+1995", 4),
    ]
    write_segment(tmp_path, "a", [rating, rating, *others])
    write_segment(tmp_path, "b", [rating])
    frame, absorbed = read_ratings(tmp_path)
    assert (len(frame), absorbed) == (5, 2)


def test_ratings_do_not_show_how_they_were_divided_into_segments(tmp_path: Path) -> None:
    ratings = [Rating(NOON + timedelta(days=i % 3), i, f"movie+{i % 4}", 1 + i % 5) for i in range(1, 20)]
    write_segment(tmp_path / "one", "a", ratings)
    write_segment(tmp_path / "two", "a", ratings[10:])
    write_segment(tmp_path / "two", "b", ratings[:10][::-1])
    pd.testing.assert_frame_equal(read_ratings(tmp_path / "one").frame, read_ratings(tmp_path / "two").frame)


def test_minutes_seen_in_several_segments_count_once(tmp_path: Path) -> None:
    write_segment(tmp_path, "a", watch(7, "heat+1995", 0, 1, 2, 7) + watch(8, "heat+1995", 5))
    write_segment(tmp_path, "b", watch(7, "heat+1995", 2, 3, 8) + watch(7, "alien+1979", 1))
    frame, absorbed = read_watches(tmp_path)
    assert types(frame) == WATCH_TYPES
    assert absorbed == 1
    assert watched(tmp_path) == {(7, "alien+1979"): 1, (7, "heat+1995"): 6, (8, "heat+1995"): 1}
    row = frame[(frame["user_id"] == 7) & (frame["movie_id"] == "heat+1995")].iloc[0]
    assert (row["first_time"], row["last_time"]) == (NOON, NOON + timedelta(minutes=8))


LINES = st.lists(
    st.builds(
        Watch,
        time=st.integers(0, 9).map(lambda minute: NOON + timedelta(minutes=minute)),
        user_id=st.integers(1, 3),
        movie_id=st.sampled_from(["b+1990", "a+1990", "c+"]),
        minute=st.integers(0, 12),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=40)
@given(parts=st.lists(LINES, max_size=4), merge_at=st.sampled_from([0, 3, 1000]))
def test_watches_are_the_union_over_segments_whatever_the_division(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[Watch]], merge_at: int
) -> None:
    directory = tmp_path_factory.mktemp("segments")
    for number, lines in enumerate(parts):
        write_segment(directory, f"{number}", lines)
    seen: dict[tuple[int, str], set[int]] = {}
    for line in chain.from_iterable(parts):
        seen.setdefault((line.user_id, line.movie_id), set()).add(line.minute)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_union, "_MERGE_AT_LEAST", merge_at)
        assert watched(directory) == {key: len(seen[key]) for key in sorted(seen)}


def test_kinds_do_not_mix(tmp_path: Path) -> None:
    write_segment(tmp_path, "a", [*watch(7, "heat+1995", 0), Rating(NOON, 7, "alien+1979", 4)])
    assert read_ratings(tmp_path).frame["movie_id"].cat.categories.tolist() == ["alien+1979"]
    assert read_watches(tmp_path).frame["movie_id"].cat.categories.tolist() == ["heat+1995"]


def test_a_flipped_byte_in_the_rows_is_noticed_and_the_file_named(tmp_path: Path) -> None:
    write_segment(tmp_path, "good", watch(7, "heat+1995", 0))
    path = write_segment(tmp_path, "flipped", [Rating(NOON, i + 1, f"m+{i}", 1 + i % 5) for i in range(500)])
    content: Any = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)
    with pytest.raises(SegmentError, match=r"flipped\.parquet"):
        read_ratings(tmp_path)
