"""`export`: the ratings as other people's notebooks expect them."""

import csv
import io
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.cli import main
from auto_deployment.dataset import export
from auto_deployment.dataset.events import Rating
from auto_deployment.dataset.export import Range, export_ratings
from tests.support.ingest.home import Home, ingest_params, rating_lines
from tests.support.ingest.segments import NOON, write_segment
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener

EVER = Range(-(2**62), 2**62)


def write(home: Home, texts: Sequence[bytes], max_lines: int = 1000) -> None:
    parts = [lines(i, texts[i : i + max_lines]) for i in range(0, len(texts), max_lines)]
    listener = make_listener(home.root, FakeStream([begin(), *parts]), ingest_params(max_lines=max_lines))
    listener.run(threading.Event(), lambda: False)


def rate(time: str, user_id: int, movie_id: str, rating: str) -> bytes:
    return f"{time},{user_id},GET /rate/{movie_id}={rating}".encode()


def exported(home: Home, wanted: Range = EVER, scale: tuple[float, float] = (1, 5)) -> list[list[str]]:
    text = "".join(export_ratings(home.paths.segments, wanted, scale))
    return list(csv.reader(io.StringIO(text)))


def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_ROWS_AT_ONCE", 5)
    monkeypatch.setattr(export, "_SAMPLE_EVERY", 1)
    monkeypatch.setattr(export, "_ROWS_OF_TEXT", 3)


@pytest.fixture
def rated(home: Home) -> Home:
    """Give ratings out of order, one of them three times, and something else in between."""
    write(
        home,
        [
            rate("2026-08-28T09:00:00.25", 2, "b+1999", "4"),
            rate("2026-08-27T10:00", 1, "a+1999", "3.5"),
            b"2026-08-27T10:00,1,GET /data/m/a+1999/3.mpg",
            rate("2026-08-28T09:00:00.25", 2, "b+1999", "4"),
            rate("2026-08-27T10:00", 1, "a+1999", "4"),
            rate("2026-08-28T09:00:00.250", 2, "b+1999", "4"),
        ],
        max_lines=2,
    )
    return home


def test_ratings_come_in_order_of_time_and_each_once(rated: Home) -> None:
    assert exported(rated) == [
        ["time", "user_id", "movie_id", "rating"],
        ["2026-08-27T10:00:00", "1", "a+1999", "3.5"],
        ["2026-08-27T10:00:00", "1", "a+1999", "4"],
        ["2026-08-28T09:00:00.250000", "2", "b+1999", "4"],
    ]


def test_another_scale_is_mapped_linearly(rated: Home) -> None:
    assert [row[3] for row in exported(rated, scale=(1, 10))[1:]] == ["6.625", "7.75", "7.75"]


def test_a_range_of_time_begins_with_its_first_moment_and_ends_before_its_last(
    rated: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(rated.root))
    out = tmp_path / "clean_rating.csv"
    for begin_time, end_time, rows in (
        ("2026-08-27", "2026-08-28", 2),
        ("2026-08-27T10:00", "2026-08-28T09:00:00.250", 2),
        ("2026-08-27T10:00:00.000001", "2026-08-28T09:00:00.250001", 1),
        ("2026-08-29", "2026-08-30", 0),
    ):
        assert main(["export", "--out", str(out), "--from", begin_time, "--to", end_time]) == 0
        assert len(out.read_text("utf-8").splitlines()) == rows + 1


def test_many_ratings_are_written_window_by_window(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    small_windows(monkeypatch)
    texts = [
        rate(f"2026-08-{day:02d}T10:00", user_id, "a+1999", "3") for user_id in (1, 2) for day in range(1, 29)
    ]
    write(home, texts, max_lines=9)
    parts = list(export_ratings(home.paths.segments, EVER, (1, 5)))
    assert len(parts) > 1 + 10
    assert exported(home)[1:] == sorted(exported(home)[1:])
    assert len(exported(home)) == 1 + 56


def test_what_was_exported_can_be_imported(
    rated: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "clean_rating.csv"
    monkeypatch.setenv("DATA_DIR", str(rated.root))
    assert main(["export", "--out", str(out)]) == 0
    other = Home(tmp_path / "other")
    monkeypatch.setenv("DATA_DIR", str(other.root))
    assert main(["import", str(out), "--scale", "1-5"]) == 0
    assert exported(other) == exported(rated)


def test_nothing_to_export_is_a_header(home: Home) -> None:
    assert exported(home) == [["time", "user_id", "movie_id", "rating"]]
    write(home, [b"2026-08-27T10:00,1,GET /create_account"])
    assert len(exported(home)) == 1


def test_a_place_that_cannot_be_written_is_one_sentence(
    rated: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(rated.root))
    assert main(["export", "--out", "/dev/null/x.csv"]) == 1
    assert capsys.readouterr().err.startswith("/dev/null/x.csv could not be written")


def test_ratings_of_a_stream_keep_their_number_of_decimals(home: Home) -> None:
    write(home, [*rating_lines(0, 4), rate("2026-08-27T11:00", 3, "a+1999", "3.7")])
    assert [row[3] for row in exported(home)[1:]] == ["1", "2", "3", "4", "3.7"]


some_ratings = st.lists(
    st.builds(
        Rating,
        # Many at one moment, some with a fraction of a second, over several days.
        st.sampled_from([0, 1, 86_400, 86_400.5, 200_000, 200_000.000001]).map(
            lambda seconds: NOON + timedelta(seconds=seconds)
        ),
        st.integers(1, 4),
        st.sampled_from(["b+1999", "a+1999", "caf\u00e9+2001", "a+"]),
        st.sampled_from([1.0, 2.5, 3.7, 4.0, 5.0]),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(some_ratings, st.sampled_from([(1, 5), (0, 10)])), max_size=3))
def test_any_ratings_come_out_as_one_sorted_list_of_different_lines(
    tmp_path_factory: pytest.TempPathFactory, segments: list[tuple[list[Rating], tuple[float, float]]]
) -> None:
    folder = tmp_path_factory.mktemp("segments")
    expected = set()
    for number, (rated, scale) in enumerate(segments):
        write_segment(folder, f"s{number}", rated, scale)
        for one in rated:
            value = 1 + (one.rating - scale[0]) * 4 / (scale[1] - scale[0])
            expected.add((one.time, one.user_id, one.movie_id, round(float(np.float32(value)), 4)))
    with pytest.MonkeyPatch.context() as patch:
        small_windows(patch)
        text = "".join(export_ratings(folder, EVER, (1, 5)))
    assert text == "time,user_id,movie_id,rating\n" + "".join(
        f"{time.replace(tzinfo=None).isoformat()},{user_id},{movie_id},{rating:g}\n"
        for time, user_id, movie_id, rating in sorted(expected)
    )


def test_memory_is_bounded_also_where_all_was_rated_at_one_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_segment(tmp_path, "one", [Rating(NOON, user_id, "a+1999", 3) for user_id in range(1, 51)])
    small_windows(monkeypatch)
    sizes: list[int] = []
    sort = export._each_once

    def noting(rows: export._Rows) -> export._Rows:
        sizes.append(len(rows.movie))
        return sort(rows)

    monkeypatch.setattr(export, "_each_once", noting)
    assert "".join(export_ratings(tmp_path, EVER, (1, 5))).count("\n") == 51
    assert max(sizes) <= 5
