"""What version 0.1.0 has written is read: a segment, its quarantine, the drift history and a model.

`tests/data_0_1` was made by that version: `ingest --from-file` on six lines, one of them out of scale, and a
generated model of format 1, with what the last build that wrote this format answered. Release records are in
tests/release/test_old_records.py, files of a cycle in tests/cycle.
"""

import shutil
from pathlib import Path

import pytest

from app import create_app
from app.artifact import load
from app.config import Settings
from app.recommender import Recommender
from auto_deployment.cli import main
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.dataset.segments import list_segments
from auto_deployment.paths import Paths
from tests.support.project import PROJECT

OLD = PROJECT / "tests" / "data_0_1"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    shutil.copytree(OLD, tmp_path / "data")
    return Paths(tmp_path / "data")


def test_an_old_segment_is_read(paths: Paths) -> None:
    ratings, watches = read_ratings(paths.segments).frame, read_watches(paths.segments).frame
    found = zip(ratings["user_id"], ratings["movie_id"], ratings["rating"], strict=True)
    assert list(found) == [(7, "heat+1995", 4.0), (8, "alien+1979", 5.0)]
    assert list(zip(watches["user_id"], watches["minutes_watched"], strict=True)) == [(7, 2)]
    (segment,) = list_segments(paths.segments)
    assert segment.meta.rejected_by_reason == {"rating-range": 1}


def test_a_line_that_was_rejected_then_can_be_tried_again_on_the_same_scale(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(paths.root))
    assert main(["ingest", "replay-quarantine"]) == 0
    assert capsys.readouterr().out == "0 of 1 rejected lines are taken now, 1 stay\n"
    monkeypatch.setenv("RATING_SCALE", "1-10")
    assert main(["ingest", "replay-quarantine"]) == 2
    assert "holds ratings of the same source on 1-5" in capsys.readouterr().err
    assert len(list_segments(paths.segments)) == 1


def test_an_old_model_answers(paths: Paths) -> None:
    recommender = Recommender(load(paths.root / "model"))
    assert recommender.model.version == "20261101T0000-00000000"
    assert len(recommender.popular(10).rows) == 10


def test_an_old_model_answers_what_it_has_always_answered() -> None:
    client = create_app(Settings(model_dir=OLD / "model")).test_client()
    answered = [line.split(" ") for line in (OLD / "answers.txt").read_text("utf-8").splitlines()]
    assert len(answered) == 20
    for path, source, line in answered:
        answer = client.get(path)
        assert (answer.headers["X-Recommendation-Source"], answer.text) == (source, line), path
