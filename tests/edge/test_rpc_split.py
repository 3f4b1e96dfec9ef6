"""gRPC through a real NGINX: the tracks that users have over HTTP, and lines that a release is judged by."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from app.rpc import marquee_pb2 as pb
from auto_deployment.release.observe.edge_lines import parse_line
from marquee_client import Recommender
from tests.support.edge.rpc_doors import Doors, rpc_doors
from tests.support.models import Size, write_model
from tests.support.rpc import Caller
from tests.support.server import stop
from tests.support.systems.lab import require_docker

pytestmark = pytest.mark.lab

USERS = range(1, 301)


def ask(caller: Caller, user: int, **more: Any) -> Any:
    call = caller.channel.unary_unary(
        "/marquee.v1.Recommender/Recommend",
        request_serializer=pb.RecommendRequest.SerializeToString,
        response_deserializer=pb.MovieList.FromString,
    )
    return call(pb.RecommendRequest(user=user, **more), timeout=30, metadata=(("marquee-user", str(user)),))


@pytest.fixture(scope="module")
def started_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    require_docker()
    folder = tmp_path_factory.mktemp("doors")
    write_model(folder / "model", Size(), version="v1")
    with rpc_doors(folder, folder / "model") as started:
        yield started


@pytest.fixture
def doors(started_doors: Doors) -> Doors:
    started_doors.lines(1)
    started_doors.log.write_bytes(b"")
    return started_doors


def test_a_user_of_grpc_is_on_the_track_of_http_and_is_written_down_for_the_judge(doors: Doors) -> None:
    caller = doors.caller()
    tracks = {user: ask(caller, user).track for user in USERS}
    assert tracks == {user: "canary" if doors.is_on_canary(user) else "stable" for user in USERS}
    assert set(tracks.values()) == {"stable", "canary"}
    lines = doors.lines(len(USERS))
    assert {int(line["user"]): line["track"] for line in lines} == tracks
    assert {(line["model_version"], line["release"], line["source"]) for line in lines} <= {
        ("v1", "v1-unknown", source) for source in ("personal", "popular")
    }
    read = [parse_line(json.dumps(line).encode(), doors.tracks) for line in lines]
    assert {one.user: one.attempts[0].track for one in read if one} == {
        str(user): track for user, track in tracks.items()
    }
    assert not any(attempt.bad for one in read if one for attempt in one.attempts)

    # The client says who asks by itself.
    client = Recommender(f"grpc://127.0.0.1:{doors.port}", [], budget_s=1.5)
    answers = {user: client.recommend(user) for user in range(1, 41)}
    asked = {user: answer.track for user, answer in answers.items() if answer.track}  # not the fallback
    assert len(asked) > 20
    assert asked == {user: tracks[user] for user in asked}


def test_errors_are_written_down_as_over_http(doors: Doors) -> None:
    caller = doors.caller()
    for wrong, code in (({"model": "x"}, "NOT_FOUND"), ({"n": 101}, "INVALID_ARGUMENT")):
        with pytest.raises(grpc.RpcError) as refused:
            ask(caller, 1, **wrong)
        assert refused.value.code().name == code
    assert [(line["status"], line["upstream_status"]) for line in doors.lines(2)] == [
        (404, "200"),
        (400, "200"),
    ]
    with pytest.raises(grpc.RpcError) as unknown:
        caller.channel.unary_unary("/other.Service/Call", None, None)(b"")
    assert unknown.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_when_the_canary_is_gone_its_users_get_stable_and_when_all_are_it_is_said(doors: Doors) -> None:
    caller = doors.caller()
    canary = next(server for server in doors.by_address.values() if doors.tracks[server.port] == "canary")
    stop(canary)
    tracks = [ask(caller, user).track for user in USERS]
    assert set(tracks) == {"stable"}
    attempts = [line["upstream_status"] for line in doors.lines(len(USERS))]
    assert "502, 200" in attempts  # judged as the canary's
    for server in doors.by_address.values():
        stop(server)
    with pytest.raises(grpc.RpcError) as nobody:
        ask(caller, 1)
    assert nobody.value.code() == grpc.StatusCode.UNAVAILABLE
    assert doors.lines(len(USERS) + 1)[-1]["status"] == 502
