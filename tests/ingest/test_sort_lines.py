"""Which lines are taken, with a catalogue, without one, and with somebody to ask."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.dataset.events import Recommendation, render
from auto_deployment.ingest.drift.profile import Profile
from auto_deployment.ingest.drift.profile import render as render_profile
from auto_deployment.ingest.open_batch import OpenBatch
from auto_deployment.ingest.platform.movie_ids import MovieIds
from auto_deployment.ingest.sort_lines import sort_lines
from auto_deployment.ingest.stream import TextLine
from tests.support.ingest.events import events

KNOWN = frozenset({"alien+1979", "heat+1995", "heats+1995"})
HEAD = b"2026-08-27T10:00:01,7,"


class Receiver:
    """Writes down what becomes of each line."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int, bool]] = []
        self.rejected: list[tuple[bytes, str, int, int]] = []
        self.unknown_movie_lines = 0

    def add_usual(self, event: object, partition: int, offset: int) -> None:
        self.add(event, partition, offset)

    def add(self, event: object, partition: int, offset: int, repaired: bool = False) -> None:
        first = ",".join(event.movies[:1]) if isinstance(event, Recommendation) else ""
        self.taken.append((getattr(event, "movie_id", first), offset, repaired))

    def reject(self, raw: bytes, reason: str, partition: int, offset: int) -> None:
        self.rejected.append((raw, str(reason), partition, offset))


def take(texts: Iterable[bytes], movies: MovieIds) -> Receiver:
    receiver = Receiver()
    sort_lines([TextLine(i, text) for i, text in enumerate(texts)], 5, receiver, movies, (1, 5))
    return receiver


def watch(movie_id: str) -> bytes:
    return HEAD + f"GET /data/m/{movie_id}/3.mpg".encode()


def rate(movie_id: str) -> bytes:
    return HEAD + f"GET /rate/{movie_id}=3".encode()


def test_without_a_catalogue_every_well_formed_id_is_taken_and_counted_as_unknown() -> None:
    found = take(
        [watch("nobody+knows+1999"), rate("nor+this+1999"), watch("Bad+1999")], MovieIds(frozenset())
    )
    assert found.taken == [("nobody+knows+1999", 0, False), ("nor+this+1999", 1, False)]
    assert found.rejected == [(watch("Bad+1999"), "movie-id", 5, 2)]
    assert found.unknown_movie_lines == 2


@pytest.mark.parametrize("line", [watch, rate])
@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("alien+1979", "alien+1979"),
        ("al ien+1979", "alien+1979"),
        ("aliXen+1979", "alien+1979"),
        ("alienn+1979", "alien+1979"),
        ("heats+1995", "heats+1995"),
    ],
)
def test_one_stray_character_is_repaired_when_one_known_id_results(
    line: object, written: str, becomes: str
) -> None:
    found = take([line(written)], MovieIds(KNOWN))  # type: ignore[operator]
    assert found.taken == [(becomes, 0, written != becomes)]


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("lumi%C3%A8re+2000", "lumiere+2000"),
        ("lumi\u00e8re+2000", "lumiere+2000"),
        ("schindler%27s+list%3A+a+story+1993", "schindlers+list+a+story+1993"),
        ("%C3%A9t%C3%A9+2001", "été+2001"),
    ],
)
def test_an_id_with_its_accents_is_the_one_that_an_import_has_made_of_the_title(
    written: str, becomes: str
) -> None:
    known = frozenset({"lumiere+2000", "schindlers+list+a+story+1993", "été+2001", "ete+2001"})
    assert [taken[0] for taken in take([rate(written)], MovieIds(known)).taken] == [becomes]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("unheard+1999", "unknown-movie"),
        ("aDdjc1gioFamIk7", "movie-id"),
        ("heat!s+1995!", "movie-id"),
        ("ali  en+1979", "movie-id"),
    ],
)
def test_what_cannot_be_repaired_is_kept_aside(written: str, reason: str) -> None:
    found = take([watch(written)], MovieIds(KNOWN))
    assert found.taken == []
    assert found.rejected == [(watch(written), reason, 5, 0)]


def test_two_ids_that_a_damaged_one_could_be_are_no_answer() -> None:
    found = take([watch("hXeats+1995")], MovieIds(frozenset({"heats+1995", "hXeat+1995", "hXeas+1995"})))
    assert [reason for _, reason, _, _ in found.rejected] == ["movie-id"]


def test_a_damaged_id_in_a_recommended_list_is_repaired_and_unknown_ones_stay_as_they_were_said() -> None:
    def asked(movies: bytes) -> bytes:
        return HEAD + b"recommendation request h:8082, status 200, result: " + movies + b", 12 ms"

    found = take([asked(b"al ien+1979, heat+1995"), asked(b"unheard+1999, heat+1995")], MovieIds(KNOWN))
    assert found.taken == [("alien+1979", 0, True), ("unheard+1999", 1, False)]
    assert found.unknown_movie_lines == 0


def test_a_broken_answer_is_taken_with_its_text_and_its_status_counts() -> None:
    head = HEAD + b"recommendation request h:8082, status "
    texts = [
        head + b"200, result: unheard+of 1999, heat+1995, 12 ms",
        head + b"200, result: {}, 12 ms",
        head + b"500, result: <p>\nError\n</p>, 12 ms",
        head + b"999, result: heat+1995, 12 ms",
    ]
    batch = OpenBatch({0: 0})
    lines = [TextLine(i, text) for i, text in enumerate(texts)]
    sort_lines(lines, 0, batch, MovieIds(KNOWN), (1, 5))
    assert batch.rejected == []
    rows = [row for rows in batch.builder.record_batches() for row in rows.to_pylist()]
    assert [(row["status"], row["movies"], row["error"]) for row in rows] == [
        (200, [], "unheard+of 1999, heat+1995"),
        (200, [], "{}"),
        (500, [], "<p>\nError\n</p>"),
        (999, ["heat+1995"], None),
    ]
    counted = {label: count for (what, label), count in batch.tally().items() if what == "status"}
    assert counted == {"2xx": 2, "5xx": 1, "other": 1}


def test_with_somebody_to_ask_an_id_is_taken_until_it_is_known_to_be_absent() -> None:
    asked: list[str] = []
    absent: set[str] = set()
    movies = MovieIds(KNOWN, absent, asked.append)
    assert take([watch("aliens+1979")], movies).taken == [("aliens+1979", 0, False)]
    assert asked == ["aliens+1979"]
    absent.add("aliens+1979")
    assert take([watch("aliens+1979")], movies).taken == [("alien+1979", 0, True)]
    absent.add("token+x")
    assert take([watch("token+x")], movies).rejected[0][1] == "unknown-movie"


def test_with_somebody_to_ask_and_no_catalogue_yet_nothing_is_rejected_as_unknown() -> None:
    found = take([watch("film+1999")], MovieIds(frozenset(), set(), lambda movie_id: None))
    assert len(found.taken) == 1
    assert found.unknown_movie_lines == 1


@given(st.lists(st.one_of(events.map(render), st.binary(max_size=60), st.none()), max_size=30), st.booleans())
def test_every_line_comes_out_exactly_once(texts: list[bytes | None], with_catalogue: bool) -> None:
    receiver = Receiver()
    lines = [TextLine(i, text) for i, text in enumerate(texts)]  # type: ignore[arg-type]  # Kafka has nulls
    sort_lines(lines, 0, receiver, MovieIds(KNOWN if with_catalogue else frozenset()), (1, 5))
    came = [offset for _, offset, _ in receiver.taken] + [offset for *_, offset in receiver.rejected]
    assert sorted(came) == list(range(len(texts)))


def test_a_profile_tells_rates_kinds_and_rejects_with_examples() -> None:
    profile = Profile()
    texts = [
        b"2026-08-27T10:00:00,7,GET /data/m/film+1999/3.mpg",
        b"2026-08-27T10:00:10,8,GET /rate/film+1999=4",
        b"2026-08-27T10:00:05,9,recommendation request h:82, status 500, result: java.E: x, 12 ms",
        *[b"\xffbroken %d" % i for i in range(5)],
    ]
    lines = [TextLine(i, text) for i, text in enumerate(texts)]
    sort_lines(lines, 3, profile, MovieIds(frozenset()), (1, 5))
    found = profile.as_json()
    assert found["lines"] == 8
    assert found["lines_per_s"] == 0.8
    assert found["kinds"] == {"watch": 1, "rating": 1, "recommendation": 1}
    assert found["rejected"] == {"encoding": 5}
    assert found["examples"]["encoding"] == [rf"3:{offset} \xffbroken {offset - 3}" for offset in (3, 4, 5)]
    assert found["ratings"] == {"4": 1}
    assert found["recommendations_by_status"] == {"5xx": 1}
    assert (found["users"], found["movies"]) == (3, 1)
    text = render_profile(found)
    assert "rejected  encoding                    5   62.500%" in text
    assert Profile().as_json()["lines_per_s"] is None
    assert render_profile(Profile().as_json()).startswith("0 lines")


def test_ids_of_the_catalogue_are_taken_as_they_are() -> None:
    assert take([watch("alien+1979"), rate("heat+1995")], MovieIds(KNOWN)).unknown_movie_lines == 0
