"""Inputs in the shape of real files, read where they lie: each gives what their README says."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.checks.data import check_data
from auto_deployment.cli import main
from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.dataset.reading import read_ratings
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from tests.support.project import IMPORT_CASES as CASES
from tests.support.project import PROJECT

PARAMS = load_params(PROJECT / "params.yaml")


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    if not CASES.exists():
        pytest.skip(f"{CASES} is not here")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return Paths(tmp_path / "data")


def copied(case: str, folder: Path) -> Path:
    """Copy a case into a folder where one of its files can be corrected."""
    return Path(shutil.copytree(CASES / case, folder / case))


def failed_checks(paths: Paths) -> dict[str, str]:
    """Look at the data as `check data` does on the day after its newest event."""
    now = read_ratings(paths.segments).frame["time"].max() + timedelta(days=1)
    found = check_data(
        paths.segments,
        paths.catalog,
        PARAMS.checks,
        PARAMS.ingest,
        PARAMS.gate.drift_findings_max,
        now,
    )
    return {one.name: one.sentence for one in found if not one.passed}


@pytest.mark.parametrize("command", [["import"], ["ingest", "--from-file"]])
def test_two_days_of_one_log_are_both_taken(paths: Paths, command: list[str]) -> None:
    for day in ("nov-27.log", "nov-28.log"):
        assert main([*command, str(CASES / "25-two-logs" / day)]) == 0
    assert len(read_ratings(paths.segments).frame) == 10
    assert failed_checks(paths) == {}


def test_a_corrected_year_makes_no_other_movie_and_no_second_rating(paths: Paths, tmp_path: Path) -> None:
    case = copied("24-again", tmp_path)
    assert main(["import", str(case)]) == 0
    before = read_ratings(paths.segments)
    movies = (case / "movies.csv").read_text("utf-8")
    (case / "movies.csv").write_text(movies.replace("(1995)", "(1996)"), "utf-8")
    assert main(["import", str(case)]) == 0
    after = read_ratings(paths.segments)
    assert (len(after.frame), after.absorbed) == (len(before.frame), 0) == (16, 0)
    assert MOVIES.read(paths.catalog)[["movie_id", "year"]].to_numpy().tolist() == [
        ["kite+harbour+1995", 1996],
        ["the+lantern+1999", 1999],
    ]
    assert failed_checks(paths) == {}
