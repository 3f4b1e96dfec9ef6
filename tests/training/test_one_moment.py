"""Events whose times say nothing: a model is trained, and everybody is told what was measured."""

import json
import shutil
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auto_deployment.checks.model import recomputed
from auto_deployment.cli import main
from auto_deployment.cycle.mail_sections import measured
from auto_deployment.cycle.outcome import Outcome
from auto_deployment.params import load_params
from auto_deployment.report.model_page import render_model_report
from auto_deployment.training.summary import describe
from auto_deployment.training.workspace import Workspace, read_json
from tests.support.cycle.workspace import (
    LOOSE,
    SMALL,
    crown,
    judge_again,
    make_workspace,
    run_stages,
)
from tests.support.project import IMPORT_CASES, PROJECT
from tests.support.training import RatingRow, taste_rows

CASE = IMPORT_CASES / "17-one-moment"
ONE = [(user, movie, rating, 7) for user, movie, rating, _ in taste_rows()]
ONE_EACH = [(user, movie, rating, user) for user, movie, rating, _ in taste_rows()]
NOT_LATER = "drawn at random instead (seed 42)"


def texts_of(workspace: Workspace) -> dict[str, str]:
    """Return what the command, the report and the gate say of a candidate."""
    metrics = read_json(workspace.model_metrics)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = render_model_report(metrics)
    return {
        "command": describe(metrics),
        "report": " ".join(page.split()),
        "gate": workspace.gate_page.read_text("utf-8"),
    }


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (ONE, "all events have the same time"),
        (ONE_EACH, "nearly every user's events all have the same time"),
    ],
)
def test_the_flow_trains_and_says_that_chance_held_out(
    tmp_path: Path, rows: list[RatingRow], why: str
) -> None:
    workspace = make_workspace(tmp_path / "data", rows)
    result = run_stages(workspace, gate=LOOSE)
    split = read_json(workspace.model_metrics)["split"]
    assert (split["kind"], split["seed"], split["test"]) == ("random", 42, 60 * 2)
    (said,) = [check for check in result.checks if check.name == "split"]
    assert said.passed
    assert why in said.sentence
    assert NOT_LATER in said.sentence
    texts = texts_of(workspace)
    assert "a random share of each user's events was held out" in texts["command"]
    assert why in texts["report"].replace("&#39;", "'")
    assert NOT_LATER in texts["report"]
    assert "held out (at random, not by time)" in texts["gate"]
    assert "RMSE on events held out at random (1-5)" in texts["gate"]
    assert not any("last events" in text or "later events (1-5)" in text for text in texts.values())


def test_a_champion_from_the_same_events_is_compared_on_what_neither_has_learnt(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "data", ONE)
    run_stages(workspace, gate=LOOSE)
    crown(workspace)
    judge_again(workspace)
    comparison = read_json(workspace.comparison)["against"]
    assert comparison["events"] == 60 * 2
    assert "120 ratings held out at random" in workspace.gate_page.read_text("utf-8")


def test_a_published_model_is_measured_again_on_the_same_draw(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "data", ONE)
    run_stages(workspace, SMALL)
    shutil.copytree(workspace.candidate, workspace.model)
    params = load_params(PROJECT / "params.yaml")
    with recomputed(workspace, params) as (again, _):
        assert read_json(again.model_metrics)["split"] == read_json(workspace.model_metrics)["split"]


def test_where_nobody_has_an_event_to_spare_nothing_was_measured_and_the_gate_refuses(tmp_path: Path) -> None:
    rows = [(user, f"film+{user % 9 + i}+2000", 4.0, 7) for user in range(1, 40) for i in (1, 2, 3)]
    workspace = make_workspace(tmp_path / "data", rows)
    result = run_stages(workspace, gate=LOOSE)
    (said,) = [check for check in result.failed if check.name == "split"]
    assert said.sentence.startswith("Nothing was held out")
    texts = texts_of(workspace)
    assert "nothing was held out" in texts["command"]
    assert "Nothing was held out" in texts["report"]
    assert "last events" not in texts["report"] + texts["command"]


def test_the_mail_does_not_call_them_later_events() -> None:
    check = {"name": "split", "passed": True, "sentence": NOT_LATER}
    gate = {"passed": True, "checks": [check]}
    outcome = Outcome("published", "push", "Done.", datetime.now(UTC), gate=gate, metrics={"rmse": 0.9})
    (section,) = measured(outcome)
    assert section.title == "Measured, but not on later events"
    assert section.sentences == [NOT_LATER]


def test_a_file_with_one_time_for_all_rows_goes_all_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not CASE.exists():
        pytest.skip("the inputs in the shapes of real files are not beside this checkout")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    assert main(["import", str(CASE)]) == 0
    workspace = make_workspace(tmp_path / "facts")
    for path in workspace.root.glob("*.json"):
        shutil.copy(path, tmp_path / "data")
    for stage in ("prepare", "train", "evaluate", "gate"):
        assert main(["stage", stage]) == 0
    gate = json.loads(Workspace(tmp_path / "data").gate_result.read_text("utf-8"))
    said = [check["sentence"] for check in gate["checks"] if check["name"] == "split"]
    assert [NOT_LATER in one for one in said] == [True]
    assert "a random share of each user's events was held out" in capsys.readouterr().out
