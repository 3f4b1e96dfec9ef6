"""Every list over gRPC is the one that HTTP gives, and its message is the one that protobuf would write."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from app.config import Settings
from app.rpc import marquee_pb2 as pb
from app.rpc.calls import Calls
from app.rpc.parts import build
from tests.support.models import GENRES, Size

USERS = [*range(Size().users + 3), 2**63 - 1]
MOVIES = [f"film+{number}+{1950 + number % 75}" for number in range(Size().movies)]
IN_HEADERS = {"model_version": "X-Model-Version", "release": "X-Release", "track": "X-Release-Track"}


Compare = Callable[..., None]


@pytest.fixture(scope="module", params=["model_dir", "item_model_dir"])
def compare(request: pytest.FixtureRequest) -> Compare:
    """Return what asks both the same, and compares what they answer."""
    folder: Path = request.getfixturevalue(request.param)
    settings = Settings(model_dir=folder, track="canary", code_revision="abc1234", list_cache=10)
    parts = build(settings)
    answers = Calls(parts.models, parts.metrics).answers()
    client = create_app(settings).test_client()

    def ask(method: str, request: Any, path: str, **query: Any) -> None:
        told = client.get(path, query_string=query)
        assert told.status_code == 200, told.text
        body = answers[method](request.SerializeToString(), 1.0)
        reply = pb.MovieList.FromString(body)
        assert ",".join(reply.movie_ids) == told.text
        assert reply.source == told.headers["X-Recommendation-Source"]
        assert {name: getattr(reply, name) for name in IN_HEADERS} == {
            name: told.headers[header] for name, header in IN_HEADERS.items()
        }
        assert not reply.HasField("fresh_s")
        assert body == reply.SerializeToString(deterministic=True)

    return ask


def test_lists_of_all_users_are_the_same(compare: Compare) -> None:
    for user in USERS:
        compare("Recommend", pb.RecommendRequest(user=user), f"/recommend/{user}")


@given(
    user=st.sampled_from(USERS),
    n=st.integers(1, 100),
    exclude=st.lists(st.sampled_from([*MOVIES[:60], "nothing"]), max_size=30),
    genre=st.sampled_from([*GENRES, GENRES[0].upper(), ""]),
)
def test_lists_with_any_parameters_are_the_same(
    compare: Compare, user: int, n: int, exclude: list[str], genre: str
) -> None:
    query = {"n": n, "exclude": ",".join(exclude)} | ({"genre": genre} if genre else {})
    asked = pb.RecommendRequest(user=user, n=n, exclude=exclude, genre=genre)
    compare("Recommend", asked, f"/recommend/{user}", **query)
    compare("Popular", pb.PopularRequest(n=n, exclude=exclude, genre=genre), "/popular", **query)


def test_similar_movies_are_the_same(compare: Compare) -> None:
    for number, movie in enumerate(MOVIES):
        n = number % 100 + 1
        compare("Similar", pb.SimilarRequest(movie=movie, n=n), f"/similar/{movie}", n=n)
