"""What must hold for every event and for any bytes at all."""

import random
from collections import Counter
from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from auto_deployment.dataset.events import Event, Rating, Reason, Rejection, Watch, parse, render
from auto_deployment.dataset.events.movie_ids import read_movie_id, write_movie_id
from auto_deployment.dataset.events.parser import parse_in_steps, parse_usual_watch
from auto_deployment.dataset.valid import MAX_USER_ID
from tests.support.ingest.events import events, ratings, watches

MUTANTS = 100_000
STRAY = b"aZ 0-,/=.+:T\n\xff"


@settings(max_examples=1000)
@given(events)
def test_a_rendered_event_is_read_back_as_itself(event: Event) -> None:
    assert parse(render(event)) == event


@given(ratings(1, 10))
def test_a_rating_from_1_to_10_is_read_back_as_itself(rating: Rating) -> None:
    assert parse(render(rating), rating_scale=(1, 10)) == rating


@settings(max_examples=500)
@given(watches, st.integers(0, 80), st.sampled_from(["", *"aZ 0,/.+"]), st.booleans())
def test_the_fast_path_answers_as_the_full_parser(watch: Watch, place: int, stray: str, end: bool) -> None:
    text = render(watch).decode()
    text = text[:place] + stray + text[place:] + ("\r\n" if end else "")
    quick = parse_usual_watch(text, MAX_USER_ID)
    if quick is not None:
        assert quick == parse_in_steps(text, (1, 5), MAX_USER_ID)


@settings(max_examples=300)
@given(events)
def test_a_line_that_was_printed_as_bytes_is_the_line(event: Event) -> None:
    assert parse(repr(render(event)).encode()) == event


@settings(max_examples=300)
@given(st.text(max_size=40))
def test_an_id_is_read_back_as_itself_and_never_holds_what_a_list_is_joined_by(text: str) -> None:
    movie_id = read_movie_id(quote(text, safe=""))
    assert movie_id is None or (read_movie_id(write_movie_id(movie_id)) == movie_id and "," not in movie_id)


@given(watches)
def test_the_fast_path_takes_every_valid_watch_line(watch: Watch) -> None:
    assert parse_usual_watch(render(watch).decode(), MAX_USER_ID) == watch


@settings(max_examples=1000)
@given(st.binary(max_size=200))
@example(b"2024-03-05T12:00:07,42,GET /data/m//.mpg")
@example(b"\xef\xbb\xbf,,,")
def test_any_bytes_give_an_event_or_keep_their_bytes(line: bytes) -> None:
    result = parse(line)
    assert not isinstance(result, Rejection) or result.raw == line


def test_a_hundred_thousand_damaged_lines_and_random_bytes_raise_nothing() -> None:
    rng = random.Random(20240305)
    lines = [
        b"2024-03-05T12:00:07,42,GET /data/m/quiet+harbor+1987/3.mpg",
        b"2024-03-05T12:00,9,GET /rate/bat*21+1988=2",
        b"2024-03-05T12:00:07.202,42,recommendation request a.b:8082, status 200, result: a+1, b+2, 9 ms",
        b"2024-03-05T12:00:07.202,42,recommendation request a.b:8082, status 0, result: x.Y: refused, 832 ms",
        b"2024-03-05T12:00:07,42,GET /create_account",
    ]
    seen: Counter[Reason | type] = Counter()
    for number in range(MUTANTS):
        line = rng.randbytes(rng.randrange(60)) if number % 5 == 0 else _mutate(rng, rng.choice(lines))
        result = parse(line)
        seen[result.reason if isinstance(result, Rejection) else type(result)] += 1
    never = {Reason.TOMBSTONE, Reason.TOO_LONG, Reason.UNKNOWN_MOVIE}
    assert set(Reason) - set(seen) == never
    assert seen.total() == MUTANTS


def _mutate(rng: random.Random, line: bytes) -> bytes:
    mutant = bytearray(line)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(mutant) + 1)
        match rng.randrange(3):
            case 0:
                mutant.insert(place, rng.choice(STRAY))
            case 1:
                del mutant[place : place + rng.randrange(1, 6)]
            case _:
                mutant[place : place + 1] = bytes([rng.randrange(256)])
    return bytes(mutant)
