"""What a call asks for, checked as `app.parameters` does for HTTP; a bad value raises `RefusalError`."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from google.protobuf.message import DecodeError, Message

from app.parameters import DEFAULT_N, MAX_EXCLUDED, MAX_N
from app.rpc.marquee_pb2 import ModelStatusRequest, PopularRequest, RecommendRequest, SimilarRequest
from app.rpc.refusals import bad

Asked = TypeVar("Asked", bound=Message)


class Recommend(NamedTuple):
    """A list for a user."""

    user: int
    n: int
    exclude: tuple[str, ...]
    genre: str | None
    model: str


class Similar(NamedTuple):
    """The movies that are nearest to one."""

    movie: str
    n: int
    model: str


class Popular(NamedTuple):
    """What nobody in particular asks for."""

    n: int
    exclude: tuple[str, ...]
    genre: str | None
    model: str


def read_recommend(body: bytes) -> Recommend:
    asked = _read(RecommendRequest, body)
    if asked.user < 0:
        raise bad("user", f"user is a whole number from 0 on, not {asked.user}.")
    return Recommend(asked.user, _n(asked.n), _exclude(asked.exclude), asked.genre or None, asked.model)


def read_similar(body: bytes) -> Similar:
    asked = _read(SimilarRequest, body)
    if not asked.movie:
        raise bad("movie", "movie is empty: give the id of a movie.")
    return Similar(asked.movie, _n(asked.n), asked.model)


def read_popular(body: bytes) -> Popular:
    asked = _read(PopularRequest, body)
    return Popular(_n(asked.n), _exclude(asked.exclude), asked.genre or None, asked.model)


def read_status(body: bytes) -> str:
    """Return the name of the model that is asked about, empty for all."""
    return _read(ModelStatusRequest, body).model


def _read(kind: type[Asked], body: bytes) -> Asked:
    try:
        return kind.FromString(body)
    except DecodeError:
        raise bad("request", f"The message is no {kind.DESCRIPTOR.full_name}.") from None


def _n(n: int) -> int:
    if not 0 <= n <= MAX_N:
        raise bad("n", f"n is a whole number from 1 to {MAX_N}, or 0 for {DEFAULT_N}, not {n}.")
    return n or DEFAULT_N


def _exclude(movies: Sequence[str]) -> tuple[str, ...]:
    if len(movies) > MAX_EXCLUDED:
        raise bad("exclude", f"exclude takes up to {MAX_EXCLUDED} movie ids, not {len(movies)}.")
    return tuple(movies)
