"""Which model answers: one for the whole of a call, whatever takes over meanwhile."""

import itertools
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings, SettingsError
from app.rpc import marquee_pb2 as pb
from app.rpc.calls import Calls
from app.rpc.parts import Parts, build
from app.rpc.refusals import RefusalError
from app.serving import LOADED, REFUSED
from tests.support.models import Size, in_use, write_model


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    for seed, name in enumerate(("v1", "v2"), 1):
        write_model(tmp_path / name, Size(), version=name, seed=seed)
    (tmp_path / "current").symlink_to("v1")
    return build(Settings(model_dir=tmp_path / "current"))


def use(parts: Parts, name: str) -> None:
    parts.settings.model_dir.unlink()
    parts.settings.model_dir.symlink_to(name)


def test_a_call_is_answered_by_the_model_that_it_began_with(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = parts.models.first
    others = itertools.cycle(("v2", "v1"))
    recommend = model.lists.recommend

    def while_a_model_takes_over(*args: Any) -> Any:
        answer = recommend(*args)
        use(parts, next(others))
        assert model.refresh() == LOADED
        return answer

    monkeypatch.setattr(model.lists, "recommend", while_a_model_takes_over)
    answer = Calls(parts.models, parts.metrics).answers()["Recommend"]
    for user in range(1, 11):
        began_with = in_use(model.slot).recommender
        reply = pb.MovieList.FromString(answer(pb.RecommendRequest(user=user, n=5).SerializeToString(), 1.0))
        assert reply.model_version == began_with.model.version
        rows = began_with.recommend(user, 5).rows
        assert list(reply.movie_ids) == [began_with.movie_ids[row] for row in rows]
        assert in_use(model.slot).recommender is not began_with


def test_a_model_that_cannot_be_used_changes_nothing(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    model = parts.models.first
    before = model.current
    (parts.settings.model_dir.with_name("v2") / "seen_items.npy").unlink()
    use(parts, "v2")
    assert model.refresh() == REFUSED
    assert model.refresh() is None
    assert model.current is before
    assert "New model refused, v1 stays in use" in caplog.text


@pytest.fixture
def several(parts: Parts, tmp_path: Path) -> Parts:
    listed = [{"name": name, "folder": folder} for name, folder in (("films", "v2"), ("shows", "current"))]
    (tmp_path / "models.json").write_text(json.dumps(listed), "utf-8")
    settings = Settings.from_env({"MODELS": str(tmp_path / "models.json"), "MODEL_DIR": "/model"})
    return build(settings)


def ask(parts: Parts, method: str, request: Any) -> bytes:
    return Calls(parts.models, parts.metrics).answers()[method](request.SerializeToString(), 1.0)


def test_several_models_answer_by_their_names_and_the_first_without_one(several: Parts) -> None:
    def version(model: str = "") -> str:
        reply = ask(several, "Recommend", pb.RecommendRequest(user=1, model=model))
        return pb.MovieList.FromString(reply).model_version

    assert (version(), version("films"), version("shows")) == ("v2", "v2", "v1")
    reply = pb.ModelStatusReply.FromString(ask(several, "ModelStatus", pb.ModelStatusRequest()))
    assert [(model.name, model.model_version, model.ready) for model in reply.models] == [
        ("films", "v2", True),
        ("shows", "v1", True),
    ]
    with pytest.raises(RefusalError, match="There is no model 'recommender' here, only films, shows"):
        version("recommender")


def test_each_of_several_models_is_followed_by_itself(several: Parts, parts: Parts) -> None:
    use(parts, "v2")
    assert [model.refresh() for model in several.models] == [None, LOADED]
    reply = ask(several, "Popular", pb.PopularRequest(model="shows"))
    assert pb.MovieList.FromString(reply).model_version == "v2"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{}",
        "[]",
        "[1]",
        '[{"name": "a"}]',
        '[{"name": "a b", "folder": "c"}]',
        '[{"name": 1, "folder": "c"}]',
        '[{"name": "a", "folder": "b"}, {"name": "a", "folder": "c"}]',
    ],
)
def test_a_list_of_models_that_is_none_is_refused_in_one_sentence(tmp_path: Path, written: str) -> None:
    (tmp_path / "models.json").write_text(written, "utf-8")
    with pytest.raises(SettingsError, match=r"^MODELS is .*: use a file with \[.* each name once.*\.$"):
        Settings.from_env({"MODELS": str(tmp_path / "models.json")})
    with pytest.raises(SettingsError, match="MODELS is '/nowhere': use a file"):
        Settings.from_env({"MODELS": "/nowhere"})


def test_a_start_waits_for_a_model_that_is_still_brought(tmp_path: Path) -> None:
    write_model(tmp_path / "brought", Size(), version="v1")
    link = tmp_path / "current"
    threading.Timer(0.1, link.symlink_to, ["brought"]).start()
    parts = build(Settings(model_dir=link, model_wait_s=60))
    assert in_use(parts.models.first.slot).recommender.model.version == "v1"
