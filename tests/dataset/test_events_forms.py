"""Forms beside the usual one that real streams and captures have; every line here is made up."""

from datetime import UTC, datetime

import pytest

from auto_deployment.dataset.events import (
    AccountCreated,
    Rating,
    Recommendation,
    Rejection,
    Watch,
    parse,
)

NOON = datetime(2024, 3, 5, 12, 0, 7, tzinfo=UTC)
HEAD = "2024-03-05T12:00:07,42,"
SERVER = "movies-3.example.org:8082"


@pytest.mark.parametrize(
    ("written", "movie_id"),
    [
        ("la+petite+lumi%C3%A8re+2000", "la+petite+lumière+2000"),
        ("la+petite+lumi%c3%a8re+2000", "la+petite+lumière+2000"),
        ("la+petite+lumie%CC%80re+2000", "la+petite+lumière+2000"),
        ("la+petite+lumière+2000", "la+petite+lumière+2000"),
        ("the+fox+%26+the+kite+2007", "the+fox+&+the+kite+2007"),
        ("adam%27s+harbour+1949", "adam's+harbour+1949"),
        ("face%2Foff%3D+1997", "face/off=+1997"),
        ("tin%20parade%2B2004", "tin+parade+2004"),
        ("kite%2C+the+1995", "kite+the+1995"),
        ("100%25+wolf+2020", "100%+wolf+2020"),
    ],
)
def test_a_percent_encoded_id_is_the_id_of_the_catalogue(written: str, movie_id: str) -> None:
    assert parse(f"{HEAD}GET /data/m/{written}/3.mpg".encode()) == Watch(NOON, 42, movie_id, 3)
    assert parse(f"{HEAD}GET /rate/{written}=4".encode()) == Rating(NOON, 42, movie_id, 4.0)
    answer = f"{HEAD}recommendation request {SERVER}, status 200, result: {written}, b+2, 9 ms"
    assert parse(answer.encode()) == Recommendation(NOON, 42, SERVER, 200, (movie_id, "b+2"), None, 9)


@pytest.mark.parametrize("written", ["a%FF+1999", "a%41+1999", "a%00+1999", "a%0A%07+1999", "%20"])
def test_what_no_title_holds_is_damage_when_it_is_encoded_too(written: str) -> None:
    assert isinstance(parse(f"{HEAD}GET /data/m/{written}/3.mpg".encode()), Rejection)


def test_bare_signs_are_an_id_in_a_list_that_we_gave_out_and_damage_elsewhere() -> None:
    listed = f"{HEAD}recommendation request {SERVER}, status 200, result: fox+&+kite+2007, b+2, 9 ms"
    assert parse(listed.encode()) == Recommendation(
        NOON, 42, SERVER, 200, ("fox+&+kite+2007", "b+2"), None, 9
    )
    assert isinstance(parse(f"{HEAD}GET /rate/fox+&+kite+2007=4".encode()), Rejection)


@pytest.mark.parametrize(
    ("zone", "hour", "minute"),
    [("Z", 12, 0), ("+00:00", 12, 0), ("-00:00", 12, 0), ("+0200", 10, 0), ("-05:30", 17, 30)],
)
@pytest.mark.parametrize("rest", ["GET /data/m/quiet+harbor+1987/3.mpg", "GET /create_account"])
def test_a_time_with_a_zone_becomes_utc(zone: str, hour: int, minute: int, rest: str) -> None:
    for text, microsecond in (("07", 0), ("07.5", 500_000), ("07.", 0)):
        event = parse(f"2024-03-05T12:00:{text}{zone},42,{rest}".encode())
        assert not isinstance(event, Rejection)
        assert event.time == NOON.replace(hour=hour, minute=minute, microsecond=microsecond)
        assert event.time.tzinfo is UTC


@pytest.mark.parametrize("comma", [", ", ","])
def test_one_blank_after_a_comma_is_no_part_of_the_line(comma: str) -> None:
    line = f"2024-03-05T12:00:07{comma}42, GET /create_account"
    assert parse(line.encode()) == AccountCreated(NOON, 42)


@pytest.mark.parametrize("end", ["", "\\n", "\\r\\n"])
def test_a_line_that_a_consumer_has_printed_is_the_line(end: str) -> None:
    watch = Watch(NOON, 42, "adam's+lumière+1949", 3)
    assert parse(f"b'{HEAD}GET /data/m/adam\\'s+lumi\\xc3\\xa8re+1949/3.mpg{end}'".encode()) == watch
    assert parse(f'b"{HEAD}GET /data/m/adam\'s+lumi\\xc3\\xa8re+1949/3.mpg{end}"'.encode()) == watch


@pytest.mark.parametrize(
    "said",
    [
        "bad gateway",
        '{"movies": ["a+1", "b+2"]}',
        "['a+1', 'b+2']",
        "a+1999,, b+2",
        "<html>\n<h1>Internal\r\nServer Error</h1>, 3 ms\n</html>",
    ],
)
@pytest.mark.parametrize("status", [100, 200, 500, 999])
def test_an_answer_of_odd_form_is_taken_as_it_was_said(said: str, status: int) -> None:
    line = f"{HEAD}recommendation request {SERVER}, status {status}, result: {said}, 9 ms"
    assert parse(line.encode()) == Recommendation(NOON, 42, SERVER, status, (), said, 9)
