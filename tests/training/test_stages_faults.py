"""The steps of the flow on bad input, and against champions that are not what they should be."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.artifact import load
from auto_deployment.errors import MarqueeError
from auto_deployment.training.errors import NotEnoughDataError, TrainingError
from auto_deployment.training.gate import stage as gate
from auto_deployment.training.prepare import stage as prepare
from auto_deployment.training.train import stage as train
from auto_deployment.training.workspace import Workspace, read_json, write_json
from tests.support.cycle.workspace import (
    LOOSE,
    ROWS,
    SMALL,
    crown,
    failed_of,
    judge_again,
    make_workspace,
    run_stages,
)
from tests.support.training import RatingRow


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no rating and no watch"),
        ([(1, "a+2000", 5.0, 1)], r"1 user(s) and 1 movie(s)"),
        ([(1, f"{one}+2000", 5.0, place) for place, one in enumerate("abcdefgh")], "1 user(s)"),
    ],
    ids=["nothing", "one event", "one user"],
)
def test_too_little_data_ends_in_one_sentence(tmp_path: Path, rows: list[RatingRow], said: str) -> None:
    workspace = make_workspace(tmp_path / "data", rows)
    with pytest.raises(NotEnoughDataError) as caught:
        run_stages(workspace)
    assert said in str(caught.value)
    assert "import or ingest" in str(caught.value)
    assert not workspace.candidate.exists()


def test_two_users_and_two_movies_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    rows = [(user, f"{movie}+2000", 4.0, place) for user in (1, 2) for place, movie in enumerate("ab")]
    failed = failed_of(run_stages(make_workspace(tmp_path / "data", rows)))
    assert {"rmse", "popularity", "same_list", "new_events"} <= set(failed)
    assert "could not be measured" in failed["rmse"]


@pytest.mark.parametrize("value", [1.0, 4.0, 5.0])
def test_one_rating_value_only_is_no_model_of_ratings(tmp_path: Path, value: float) -> None:
    rows = [(user, movie, value, minute) for user, movie, _, minute in ROWS]
    failed = failed_of(run_stages(make_workspace(tmp_path / "data", rows)))
    assert "below 0 is needed" in failed["bias"]


def test_without_any_rating_the_founding_rule_cannot_be_checked(tmp_path: Path) -> None:
    watches = [(user, movie, int(18 * rating), minute + 300) for user, movie, rating, minute in ROWS]
    failed = failed_of(run_stages(make_workspace(tmp_path / "data", [], watches), gate=LOOSE))
    assert set(failed) == {"rmse", "bias"}
    assert failed["rmse"].startswith("RMSE on later events (1-5) could not be measured")


def test_a_damaged_segment_is_named(workspace: Workspace) -> None:
    (workspace.segments / "broken.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(MarqueeError, match=r"broken\.parquet"):
        prepare.run(workspace, SMALL.prepare)


@pytest.mark.parametrize("name", ["train.parquet", "users.parquet", "facts.json"])
@pytest.mark.parametrize("content", [None, b"", b"PAR1 what is this PAR1"])
def test_a_damaged_hand_over_names_the_file_and_the_stage(
    workspace: Workspace, name: str, content: bytes | None
) -> None:
    path = workspace.prepared / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(TrainingError, match=name) as caught:
        train.run(workspace, SMALL)
    assert "run the stage" in str(caught.value)


def test_the_champion_itself_is_no_worse_and_brings_nothing_new(workspace: Workspace) -> None:
    crown(workspace)
    assert set(judge_again(workspace)) == {"new_events"}
    comparison = read_json(workspace.metrics / "comparison.json")
    assert comparison["new_events"] == 0
    assert comparison["against"]["rating"]["ratio"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert comparison["against"]["ranking"]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "user_bias.npy").write_bytes(b"no"), r"user_bias.npy"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json"),
        (lambda folder: shutil.rmtree(folder), "manifest.json"),
    ],
    ids=["file", "manifest", "folder"],
)
def test_a_damaged_champion_fails_a_check(workspace: Workspace, damage: Any, said: str) -> None:
    crown(workspace)
    damage(workspace.champion)
    failed = judge_again(workspace)
    assert set(failed) == {"champion", "new_events"}
    assert failed["champion"].startswith("The champion v1 cannot be compared")
    assert said in failed["champion"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 99}, "has format 99"),
        ({"data": {"hash": "0" * 64}}, "data.ratings"),
        ({"split": None, "watermark": None}, "split"),
    ],
)
def test_a_champion_of_another_make_fails_a_check(
    workspace: Workspace, changes: dict[str, Any], said: str
) -> None:
    crown(workspace, **changes)
    assert said in judge_again(workspace)["champion"]


def test_another_model_than_the_announced_champion_is_not_compared(workspace: Workspace) -> None:
    crown(workspace)
    facts = {"version": "v1", "content_hash": "f" * 64, "source": "it serves"}
    write_json(workspace.champion_facts, facts)
    assert "holds another model than v1" in judge_again(workspace)["champion"]


def test_events_of_the_future_stop_nothing(finished: Workspace, tmp_path: Path) -> None:
    """A clock that is years ahead stamps some events; the next models are still measured and published."""
    ahead = [(user, movie, rating, 40_000_000 + minute) for user, movie, rating, minute in ROWS[:30]]
    workspace = make_workspace(tmp_path / "data", [*ROWS[30:], *ahead])
    run_stages(workspace, gate=LOOSE)
    crown(workspace)
    later: list[RatingRow] = [
        (user + 100, movie, rating, minute + 30_000) for user, movie, rating, minute in ROWS
    ]
    shutil.rmtree(workspace.segments)
    again = make_workspace(workspace.root, [*ROWS[30:], *ahead, *later], champion=_facts(workspace))
    assert "new_events" not in failed_of(run_stages(again, gate=LOOSE))
    assert read_json(again.metrics / "comparison.json")["new_events"] == len(later)


def _facts(workspace: Workspace) -> Any:
    return read_json(workspace.champion_facts)


def test_a_rejected_content_is_refused_whatever_its_name(workspace: Workspace) -> None:
    content = load(workspace.candidate).content_hash
    write_json(workspace.rejected, [{"content_hash": content, "reason": "errors on the canary"}])
    write_json(workspace.version, {"version": "20290101T0000-01234567"})
    failed = failed_of(gate.run(workspace, LOOSE, 1))
    assert failed == {"rejected": "A release has rejected this very artefact: errors on the canary"}


@pytest.mark.parametrize("name", ["champion.json", "intake.json", "rejected.json"])
def test_a_missing_note_of_the_cycle_is_named(workspace: Workspace, name: str) -> None:
    (workspace.root / name).unlink()
    with pytest.raises(TrainingError, match=name):
        judge_again(workspace)
