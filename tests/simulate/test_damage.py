"""Each kind of damage is what its name says, and the parser sees it wherever it can be seen."""

import numpy as np
import pytest

from auto_deployment.dataset.catalog import repair
from auto_deployment.dataset.events import MAX_LINE_BYTES, Reason, Rejection, Watch, parse
from auto_deployment.simulate.damage import KINDS, damage, damage_line
from tests.support.release.simulation import damage as shares

MOVIE = "quiet+harbor+1987"
LINE = f"2024-03-05T12:00:07,42,GET /data/m/{MOVIE}/3.mpg".encode()
OTHERS = [
    f"2024-03-05T12:00:07,42,GET /rate/{MOVIE}=4".encode(),
    b"2024-03-05T12:00:07,42,recommendation request a.b:8082, status 200, result: a+1, b+2, 9 ms",
    b"2024-03-05T12:00:07,42,GET /create_account",
]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("line", [LINE, *OTHERS])
def test_every_kind_changes_every_kind_of_line(rng: np.random.Generator, kind: str, line: bytes) -> None:
    assert all(damage_line(rng, line, kind) != line for _ in range(50))


def test_a_stray_character_is_one_letter_or_space_more(rng: np.random.Generator) -> None:
    for _ in range(200):
        damaged = damage_line(rng, LINE, "stray")
        assert damaged is not None
        assert any(damaged[:i] + damaged[i + 1 :] == LINE for i in range(len(damaged)))


def test_a_stray_character_in_a_movie_id_can_be_repaired(rng: np.random.Generator) -> None:
    for _ in range(200):
        result = parse(damage_line(rng, LINE, "movie_stray"))
        event = result.event if isinstance(result, Rejection) else result
        assert isinstance(event, Watch)
        assert event.movie_id != MOVIE
        assert repair(event.movie_id, {MOVIE}) == MOVIE


def test_a_token_takes_the_place_of_the_movie_id(rng: np.random.Generator) -> None:
    for _ in range(50):
        result = parse(damage_line(rng, LINE, "movie_token"))
        event = result.event if isinstance(result, Rejection) else result
        assert isinstance(event, Watch)
        assert event.movie_id.isalnum()


@pytest.mark.parametrize("user", [b"1", b"42", b"100000", b"1000000"])
def test_a_damaged_user_id_is_malformed_or_out_of_range(rng: np.random.Generator, user: bytes) -> None:
    line = LINE.replace(b",42,", b",%b," % user)
    reasons = set()
    for _ in range(100):
        result = parse(damage_line(rng, line, "user"))
        assert isinstance(result, Rejection)
        reasons.add(result.reason)
    assert reasons == {Reason.USER_ID, Reason.USER_RANGE}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("encoding", Reason.ENCODING),
        ("empty", Reason.EMPTY),
        ("long", Reason.TOO_LONG),
        ("tombstone", Reason.TOMBSTONE),
    ],
)
def test_what_is_no_line_at_all_has_its_reason(rng: np.random.Generator, kind: str, reason: Reason) -> None:
    result = parse(damage_line(rng, LINE, kind))
    assert isinstance(result, Rejection)
    assert result.reason is reason
    assert kind != "long" or len(result.raw) > MAX_LINE_BYTES


def test_each_kind_takes_its_share(rng: np.random.Generator) -> None:
    messages = damage(rng, [LINE] * 20_000, shares(empty=0.1, tombstone=0.2))
    assert 0.09 < messages.count(b"") / 20_000 < 0.11
    assert 0.19 < messages.count(None) / 20_000 < 0.21
    assert 0.68 < messages.count(LINE) / 20_000 < 0.72
