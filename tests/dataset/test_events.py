"""Lines and what they must become; every line here is made up in the shapes of the stream."""

from datetime import UTC, datetime

import pytest

from auto_deployment.dataset.events import (
    AccountCreated,
    Rating,
    Reason,
    Recommendation,
    Rejection,
    Watch,
    parse,
    render,
)

NOON = datetime(2024, 3, 5, 12, 0, 7, tzinfo=UTC)
SERVER = "movies-3.example.org:8082"


def test_a_watch_line_names_user_movie_and_minute() -> None:
    assert parse(b"2024-03-05T12:00:07,42,GET /data/m/quiet+harbor+1987/0.mpg") == Watch(
        NOON, 42, "quiet+harbor+1987", 0
    )


def test_a_rating_line_is_split_at_the_last_equals_sign() -> None:
    assert parse(b"2024-03-05T12:00:07,42,GET /rate/quiet+harbor+1987=4") == Rating(
        NOON, 42, "quiet+harbor+1987", 4.0
    )


def test_an_account_line_names_the_user() -> None:
    assert parse(b"2024-03-05T12:00:07,42,GET /create_account") == AccountCreated(NOON, 42)


@pytest.mark.parametrize("joint", [", ", ","])
@pytest.mark.parametrize("status", [0, 200])
def test_a_list_is_a_list_however_it_is_joined_and_whatever_the_status(joint: str, status: int) -> None:
    movies = ("quiet+harbor+1987", "dr.+strange_+bat*21+1990", "no+year+")
    result = f"status {status}, result: {joint.join(movies)}, 80 ms"
    assert parse(
        f"2024-03-05T12:00:07,42,recommendation request {SERVER}, {result}".encode()
    ) == Recommendation(NOON, 42, SERVER, status, movies, None, 80)


@pytest.mark.parametrize(
    "error",
    [
        "java.util.concurrent.TimeoutException: Request timeout to a.example.org/192.0.2.7:8082 after 800 ms",
        "java.net.ConnectException: Connection refused: a.example.org/192.0.2.7:8082",
        "timeout",
        "first, second, 3 ms",
    ],
)
def test_a_failed_request_keeps_its_error_text(error: str) -> None:
    line = f"2024-03-05T12:00:07,42,recommendation request {SERVER}, status 0, result: {error}, 832 ms"
    assert parse(line.encode()) == Recommendation(NOON, 42, SERVER, 0, (), error, 832)


def test_an_empty_list_is_valid() -> None:
    line = f"2024-03-05T12:00:07,42,recommendation request {SERVER}, status 200, result: , 80 ms"
    assert parse(line.encode()) == Recommendation(NOON, 42, SERVER, 200, (), None, 80)


@pytest.mark.parametrize(
    ("text", "second", "microsecond"),
    [
        ("2024-03-05T12:00", 0, 0),
        ("2024-03-05T12:00:07", 7, 0),
        ("2024-03-05T12:00:07.", 7, 0),
        ("2024-03-05T12:00:07.5", 7, 500_000),
        ("2024-03-05T12:00:07.202", 7, 202_000),
        ("2024-03-05T12:00:07.872015", 7, 872_015),
        ("2024-03-05T12:00:07.122692921", 7, 122_692),
        ("2024-03-05T12:00:59.999999999", 59, 999_999),
    ],
)
@pytest.mark.parametrize("rest", ["GET /data/m/quiet+harbor+1987/3.mpg", "GET /create_account"])
def test_every_time_form_is_read(text: str, second: int, microsecond: int, rest: str) -> None:
    event = parse(f"{text},42,{rest}".encode())
    assert not isinstance(event, Rejection)
    assert event.time == NOON.replace(second=second, microsecond=microsecond)
    assert event.time.tzinfo is UTC


@pytest.mark.parametrize(
    "movie_id",
    ["no+year+", "big+show*+2011", "kill+me_+kill+1966", "dr.+who-2+1999", "l'amour+~+1970", "7", "a"],
)
def test_odd_movie_ids_are_valid(movie_id: str) -> None:
    line = f"2024-03-05T12:00:07,42,GET /data/m/{movie_id}/3.mpg"
    assert parse(line.encode()) == Watch(NOON, 42, movie_id, 3)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("rest", [b"GET /data/m/quiet+harbor+1987/3.mpg", b"GET /rate/quiet+harbor+1987=4"])
def test_a_line_end_is_no_part_of_the_line(end: bytes, rest: bytes) -> None:
    line = b"2024-03-05T12:00:07,42," + rest
    assert parse(line + end) == parse(line)
    assert not isinstance(parse(line), Rejection)


def test_a_mini_series_has_more_than_a_thousand_minutes() -> None:
    assert parse(b"2024-03-05T12:00:07,42,GET /data/m/the+saga+1988/1440.mpg") == Watch(
        NOON, 42, "the+saga+1988", 1440
    )


def test_the_rating_scale_decides_what_is_out_of_range() -> None:
    line = b"2024-03-05T12:00:07,42,GET /rate/quiet+harbor+1987=8"
    assert parse(line) == Rejection(Reason.RATING_RANGE, line)
    assert parse(line, rating_scale=(1, 10)) == Rating(NOON, 42, "quiet+harbor+1987", 8.0)


def test_the_largest_user_id_can_be_set() -> None:
    line = b"2024-03-05T12:00:07,1000001,GET /create_account"
    assert parse(line) == Rejection(Reason.USER_RANGE, line)
    assert parse(line, max_user_id=1_000_001) == AccountCreated(NOON, 1_000_001)


def test_times_are_written_as_the_platform_prints_them() -> None:
    def written(time: datetime) -> bytes:
        return render(AccountCreated(time, 42)).split(b",")[0]

    assert written(NOON) == b"2024-03-05T12:00:07"
    assert written(NOON.replace(second=0)) == b"2024-03-05T12:00"
    assert written(NOON.replace(microsecond=202_000)) == b"2024-03-05T12:00:07.202"
    assert written(NOON.replace(second=0, microsecond=15)) == b"2024-03-05T12:00:00.000015"
