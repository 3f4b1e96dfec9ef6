"""A call that gets no list gets the right status, a sentence, and the field that is wrong."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from app.config import Settings
from app.recommender import Answer
from app.rpc import marquee_pb2 as pb
from app.rpc.calls import Calls
from app.rpc.parts import Parts, build
from app.rpc.refusals import RefusalError
from app.rpc.server import MAX_MESSAGE
from tests.support.rpc import Caller

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
RECOMMEND, SIMILAR, POPULAR = pb.RecommendRequest, pb.SimilarRequest, pb.PopularRequest


def refused(caller: Caller, method: str, request: Any) -> Any:
    with pytest.raises(grpc.RpcError) as refusal:
        caller.call(method, request)
    return refusal.value


@pytest.mark.parametrize(
    ("method", "request_", "field", "sentence"),
    [
        ("Recommend", RECOMMEND(user=-1), "user", "user is a whole number from 0 on, not -1."),
        ("Recommend", RECOMMEND(n=101), "n", "n is a whole number from 1 to 100, or 0 for 20, not 101."),
        ("Popular", POPULAR(n=-1), "n", "n is a whole number from 1 to 100, or 0 for 20, not -1."),
        ("Similar", SIMILAR(movie="a", n=200), "n", "n is a whole number from 1 to 100"),
        ("Similar", SIMILAR(), "movie", "movie is empty: give the id of a movie."),
        (
            "Recommend",
            RECOMMEND(exclude=["a"] * 201),
            "exclude",
            "exclude takes up to 200 movie ids, not 201.",
        ),
        ("Popular", POPULAR(exclude=["a"] * 201), "exclude", "exclude takes up to 200 movie ids, not 201."),
        (
            "Recommend",
            RECOMMEND(user=1, genre="no"),
            "genre",
            "No movie has the genre 'no'; there are Comedy, ",
        ),
        ("Popular", POPULAR(genre="no"), "genre", "No movie has the genre 'no'; there are Comedy, "),
        ("Recommend", b"\xff\xff", "request", "The message is no marquee.v1.RecommendRequest."),
        ("Similar", b"\x0a\x01\xff", "request", "The message is no marquee.v1.SimilarRequest."),
    ],
)
def test_a_bad_argument_is_named_in_words_and_for_programs(
    caller: Caller, method: str, request_: Any, field: str, sentence: str
) -> None:
    error = refused(caller, method, request_)
    assert error.code() == INVALID
    assert error.details().startswith(sentence)
    packed = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(packed)
    wrong = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(wrong)
    assert [one.field for one in wrong.field_violations] == [field]
    assert (status.code, status.message) == (INVALID.value[0], error.details())


@pytest.mark.parametrize(
    ("method", "request_", "sentence"),
    [
        ("Recommend", RECOMMEND(user=1, model="x"), "There is no model 'x' here, only recommender."),
        ("Similar", SIMILAR(movie="film+0+1950", model="x"), "There is no model 'x' here, only recommender."),
        ("Popular", POPULAR(model="x"), "There is no model 'x' here, only recommender."),
        ("ModelStatus", pb.ModelStatusRequest(model="x"), "There is no model 'x' here, only recommender."),
        ("Similar", SIMILAR(movie="x"), "The model has no movie 'x'."),
    ],
)
def test_what_there_is_not_is_not_found(caller: Caller, method: str, request_: Any, sentence: str) -> None:
    error = refused(caller, method, request_)
    assert (error.code(), error.details()) == (NOT_FOUND, sentence)


def test_a_model_is_found_by_its_name(caller: Caller) -> None:
    assert caller.recommend(1, model="recommender") == caller.recommend(1)


def test_a_message_that_is_too_large_is_refused_by_grpc(caller: Caller) -> None:
    error = refused(caller, "Recommend", b"\x2a\x80\x80\x04" + b"x" * MAX_MESSAGE)
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_method_that_there_is_not_is_unimplemented(caller: Caller) -> None:
    assert refused(caller, "Recommended", RECOMMEND()).code() == grpc.StatusCode.UNIMPLEMENTED


def test_as_many_movies_as_may_be_excluded_fit_into_a_message(caller: Caller) -> None:
    assert len(caller.recommend(1, exclude=["m" * 78] * 200).movie_ids) == 20


def test_the_status_of_models_is_what_version_says(caller: Caller) -> None:
    found = caller.call("ModelStatus", pb.ModelStatusRequest())
    assert found == caller.call("ModelStatus", pb.ModelStatusRequest(model="recommender"))
    (model,) = found.models
    assert (model.name, model.model_version, model.track) == (
        "recommender",
        "20261101T0000-00000000",
        "stable",
    )
    assert model.release == f"{model.model_version}-abc1234"
    assert (len(model.content_hash), model.trained_at, model.ready) == (64, "2026-11-01T00:00:00Z", True)


@pytest.fixture
def parts(model_dir: Path) -> Parts:
    return build(Settings(model_dir=model_dir))


def test_a_call_whose_deadline_has_passed_is_not_computed(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []

    def recommend(recommender: object, user: int, *_: object) -> Answer:
        computed.append(user)
        return Answer([], "popular")

    monkeypatch.setattr(parts.models.first.lists, "recommend", recommend)
    answer = Calls(parts.models, parts.metrics).answers()["Recommend"]
    answer(RECOMMEND(user=1).SerializeToString(), 0.001)
    with pytest.raises(RefusalError) as refusal:
        answer(RECOMMEND(user=2).SerializeToString(), 0)
    assert refusal.value.code == grpc.StatusCode.DEADLINE_EXCEEDED
    assert computed == [1]


def test_a_fault_of_ours_tells_the_caller_nothing_of_the_inside(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def recommend(*_: object) -> Answer:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(parts.models.first.lists, "recommend", recommend)
    with pytest.raises(RefusalError) as refusal:
        Calls(parts.models, parts.metrics).answers()["Recommend"](b"", 1.0)
    assert refusal.value.code == grpc.StatusCode.INTERNAL
    assert "secret" not in refusal.value.sentence
    assert "a secret of the inside" in caplog.text


def test_a_server_that_stops_sends_calls_elsewhere(parts: Parts) -> None:
    calls = Calls(parts.models, parts.metrics)
    calls.stopping = True
    for answer in calls.answers().values():
        with pytest.raises(RefusalError) as refusal:
            answer(b"", 1.0)
        assert refusal.value.code == grpc.StatusCode.UNAVAILABLE
        assert refusal.value.metadata() == (("grpc-retry-pushback-ms", "500"),)
