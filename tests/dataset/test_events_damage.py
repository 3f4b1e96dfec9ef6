"""Damaged lines: each keeps its bytes and gets the reason of what is wrong with it."""

from datetime import UTC, datetime

import pytest

from auto_deployment.dataset.events import (
    MAX_LINE_BYTES,
    Rating,
    Reason,
    Recommendation,
    Rejection,
    Watch,
    parse,
)

NOON = datetime(2024, 3, 5, 12, 0, 7, tzinfo=UTC)
LIST = "2024-03-05T12:00:07,42,recommendation request"


def reject(line: str) -> Reason:
    result = parse(line.encode())
    assert isinstance(result, Rejection)
    assert result.raw == line.encode()
    return result.reason


def request(movie_id: str) -> str:
    return f"2024-03-05T12:00:07,42,GET /data/m/{movie_id}/3.mpg"


def test_a_tombstone_and_an_empty_line_have_reasons_of_their_own() -> None:
    assert parse(None) == Rejection(Reason.TOMBSTONE, b"")
    assert [reject(line) for line in ("", " ", "\n", "\t\r\n")] == [Reason.EMPTY] * 4


def test_bytes_that_are_not_utf8_are_rejected_untouched() -> None:
    line = b"2024-03-05T12:00:07,42,GET /data/m/caf\xe9+1987/3.mpg"
    assert parse(line) == Rejection(Reason.ENCODING, line)


def test_a_line_is_too_long_beyond_its_limit() -> None:
    head = "2024-03-05T12:00:07,42,GET /data/m/"
    tail = "/3.mpg"
    longest = head + "a" * (MAX_LINE_BYTES - len(head + tail)) + tail
    assert isinstance(parse(longest.encode()), Watch)
    assert reject("2" * 10_000_000) is Reason.TOO_LONG
    assert reject(longest + "\n") is Reason.TOO_LONG


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2024-03-05T12:00:07,42", Reason.FIELDS),
        ("2024-03-05T12:00:07,GET /rate/quiet+harbor+1987=4", Reason.FIELDS),
        ("hello", Reason.FIELDS),
        ("2024-03-05 12:00:07,42,GET /create_account", Reason.TIME),
        ("2024-03-05T1O2:00:07,42,GET /create_account", Reason.TIME),
        ("2024-13-05T12:00:07,42,GET /create_account", Reason.TIME),
        ("2024-02-30T12:00:07,42,GET /data/m/quiet+harbor+1987/3.mpg", Reason.TIME),
        ("0000-03-05T12:00:07,42,GET /data/m/quiet+harbor+1987/3.mpg", Reason.TIME),
        ("2024-03-05T24:00:00,42,GET /data/m/quiet+harbor+1987/3.mpg", Reason.TIME),
        ("2024-03-05T12:00:60,42,GET /create_account", Reason.TIME),
        ("1989-12-31T23:59:59,42,GET /data/m/quiet+harbor+1987/3.mpg", Reason.TIME),
        ("1989-12-31T23:59:59,42,GET /create_account", Reason.TIME),
        ("1990-01-01T00:30:00+01:00,42,GET /create_account", Reason.TIME),
        ("2024-03-05T12:00:07 Z,42,GET /create_account", Reason.TIME),
        ("2024-03-05T12:00:07+1,42,GET /create_account", Reason.TIME),
        ("2024-03-05T12:00:07+24:00,42,GET /create_account", Reason.TIME),
        ("9999-12-31T23:59:59-01:00,42,GET /create_account", Reason.TIME),
        ("2024-03-05T12:00:07,42,  GET /create_account", Reason.REQUEST),
        ("2024-03-05T12:00:07,  42,GET /create_account", Reason.USER_ID),
        ("b'2024-03-05T12:00:07,42,GET /create_account", Reason.TIME),
        ("b'2024-03-05T12:00:07,42,GET /create_account\"", Reason.TIME),
        (r"b'2024-03-05T12:00:07,42,GET /create_account\q'", Reason.TIME),
        (r"b'2024-03-05T12:00:07,42,GET /rate/caf\xe9+1987=4'", Reason.TIME),
        ("2024-03-05T12:00:07.1234567890,42,GET /create_account", Reason.TIME),
        ("\u0662024-03-05T12:00:07,42,GET /create_account", Reason.TIME),
        ("2024-03-05T12:00:07,4 2,GET /create_account", Reason.USER_ID),
        ("2024-03-05T12:00:07,4r2,GET /create_account", Reason.USER_ID),
        ("2024-03-05T12:00:07,,GET /create_account", Reason.USER_ID),
        ("2024-03-05T12:00:07,\u0664\u0662,GET /create_account", Reason.USER_ID),
        ("2024-03-05T12:00:07,-42,GET /create_account", Reason.USER_RANGE),
        ("2024-03-05T12:00:07,0,GET /create_account", Reason.USER_RANGE),
        ("2024-03-05T12:00:07,6597125,GET /data/m/quiet+harbor+1987/3.mpg", Reason.USER_RANGE),
        (f"2024-03-05T12:00:07,{'9' * 5000},GET /create_account", Reason.USER_RANGE),
        ("2024-03-05T12:00:07,42,GZET /data/m/quiet+harbor+1987/3.mpg", Reason.REQUEST),
        ("2024-03-05T12:00:07,42,GET /data/5m/quiet+harbor+1987/3.mpg", Reason.REQUEST),
        ("2024-03-05T12:00:07,42,GET /d ata/m/quiet+harbor+1987/3.mpg", Reason.REQUEST),
        ("2024-03-05T12:00:07,42,GET /data/mquiet+harbor+1987", Reason.REQUEST),
        ("2024-03-05T12:00:07,42,GET /rate", Reason.REQUEST),
        ("2024-03-05T12:00:07,42,GET /create_account ", Reason.REQUEST),
        ("2024-03-05T12:00:07,42,GET data", Reason.REQUEST),
        ("2024-03-05T12:00:07,42,", Reason.REQUEST),
        ("2024-03-05T12:00:07,42,GET /data/m/quiet+harbor+1987/3. mpg", Reason.MINUTE),
        ("2024-03-05T12:00:07,42,GET /data/m/quiet+harbor+1987/ 3.mpg", Reason.MINUTE),
        ("2024-03-05T12:00:07,42,GET /data/m/quiet+harbor+1987/-3.mpg", Reason.MINUTE),
        ("2024-03-05T12:00:07,42,GET /data/m/quiet+harbor+1987/123456.mpg", Reason.MINUTE),
        ("2024-03-05T12:00:07,42,GET /data/m/quiet+harbor+1987/3.mpg,x", Reason.MINUTE),
        ("2024-03-05T12:00:07,42,GET /rate/quiet+harbor+1987", Reason.RATING),
        ("2024-03-05T12:00:07,42,GET /rate/quiet+harbor+1987=", Reason.RATING),
        ("2024-03-05T12:00:07,42,GET /rate/quiet+harbor+1987=4 ", Reason.RATING),
        ("2024-03-05T12:00:07,42,GET /rate/quiet+harbor+1987=nan", Reason.RATING),
        ("2024-03-05T12:00:07,42,GET /rate/quiet+harbor+1987=0", Reason.RATING_RANGE),
        ("2024-03-05T12:00:07,42,GET /rate/quiet+harbor+1987=45", Reason.RATING_RANGE),
        ("2024-03-05T12:00:07,42,recommendation request 17", Reason.RECOMMENDATION),
        (f"{LIST} a, status 200, result: a+1, 1 ms", Reason.RECOMMENDATION),
        (f"{LIST} a:1, status 2O0, result: a+1, 1 ms", Reason.RECOMMENDATION),
        (f"{LIST} a:1, status 200, result: a+1, 1 m s", Reason.RECOMMENDATION),
        (f"{LIST} a:1, status 200, result: a+1, x ms", Reason.RECOMMENDATION),
        (f"{LIST} a:1, status 99, result: a+1, 1 ms", Reason.RECOMMENDATION),
        (f"{LIST} a:1, status 1000, result: a+1, 1 ms", Reason.RECOMMENDATION),
    ],
)  # fmt: skip
def test_each_kind_of_damage_has_its_reason(line: str, reason: Reason) -> None:
    assert reject(line) is reason


@pytest.mark.parametrize("movie_id", ["quiet+hArbor+1987", "quiet+har bor+1987", " quiet+1987", "x/y=1"])
def test_a_line_with_nothing_but_a_damaged_movie_id_carries_the_event_for_repair(movie_id: str) -> None:
    watch = request(movie_id).encode()
    rating = f"2024-03-05T12:00:07,42,GET /rate/{movie_id}=4".encode()
    assert parse(watch) == Rejection(Reason.MOVIE_ID, watch, Watch(NOON, 42, movie_id, 3))
    assert parse(rating) == Rejection(Reason.MOVIE_ID, rating, Rating(NOON, 42, movie_id, 4.0))


def test_a_damaged_id_within_a_list_carries_the_event_for_repair() -> None:
    line = f"{LIST} a:1, status 200, result: a+1999, b+ 2001, 9 ms".encode()
    event = Recommendation(NOON, 42, "a:1", 200, ("a+1999", "b+ 2001"), "a+1999, b+ 2001", 9)
    assert parse(line) == Rejection(Reason.MOVIE_ID, line, event)


@pytest.mark.parametrize("movie_id", ["", "a,b", "a\tb", "A" * 501, "a" * 501 + "%20"])
def test_what_one_stray_character_cannot_explain_is_not_offered_for_repair(movie_id: str) -> None:
    line = request(movie_id).encode()
    assert parse(line) == Rejection(Reason.MOVIE_ID, line, None)
