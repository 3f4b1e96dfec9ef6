"""What users did since the training, over gRPC: one process follows, all answers know."""

import time
from pathlib import Path

import pytest

from app.config import Settings
from app.recent.events import RecentEvent, render
from app.recent.port import Age
from app.rpc import marquee_pb2 as pb
from app.rpc.calls import Calls
from app.rpc.parts import Parts, build
from tests.support.models import Size, write_model
from tests.support.rpc import Caller, rpc_serving
from tests.support.waiting import eventually


@pytest.mark.parametrize(("age", "fresh_s"), [(Age(), None), (Age.of(0.4), 0), (Age.of(61.9), 61)])
def test_an_answer_says_how_fresh_it_is_as_the_header_does(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch, age: Age, fresh_s: int | None
) -> None:
    parts: Parts = build(Settings(model_dir=model_dir))
    monkeypatch.setattr(parts.models.first.lists, "age", age)
    answers = Calls(parts.models, parts.metrics).answers()
    for _ in range(2):
        reply = pb.MovieList.FromString(answers["Recommend"](b"", 1.0))
        assert (reply.fresh_s if reply.HasField("fresh_s") else None) == fresh_s
    assert not pb.MovieList.FromString(answers["Popular"](b"", 1.0)).HasField("fresh_s")


def test_a_title_that_was_watched_is_gone_from_lists(tmp_path: Path) -> None:
    write_model(tmp_path / "model", Size(neighbours=40))
    events = tmp_path / "events"
    events.touch()
    environ = {"MODEL_DIR": str(tmp_path / "model"), "RECENT_FILE": str(events), "RPC_DRAIN_S": "0"}
    with rpc_serving(tmp_path / "log", environ) as server:
        caller = Caller(server.target)
        eventually(lambda: caller.recommend(7).HasField("fresh_s"), saying=server.log_text)
        movie = caller.recommend(7).movie_ids[0]
        with events.open("ab") as file:
            file.write(render(RecentEvent(int(time.time()), 7, movie)) + b"\n")
        eventually(lambda: movie not in caller.recommend(7).movie_ids, saying=server.log_text)
        assert server.sample("marquee_recent_events") == 1
        assert server.sample("marquee_recent_connected") == 1
        children = server.children()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    assert not list(tmp_path.glob("marquee-rpc-*"))
