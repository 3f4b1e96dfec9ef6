"""Siege's words, as siege 4.0.7 wrote them, become the same columns as those of our own sender."""

from pathlib import Path

import pytest

from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.load.figures import Window, figures
from auto_deployment.recipe.load.sender import Audience
from auto_deployment.recipe.load.shapes import cut, plan
from auto_deployment.recipe.load.siege import send_by_siege
from auto_deployment.recipe.load.target import Target

LINES = """\
HTTP/1.1 200     0.01 secs:       2 bytes ==> GET  /a
HTTP/1.1 404     0.00 secs:       2 bytes ==> GET  /a
HTTP/1.1 500     0.02 secs:       2 bytes ==> GET  /a
HTTP/1.1 200     0.03 secs:       2 bytes ==> GET  /a
"""
SUMMARY = """\
Transactions:\t\t          4 hits
Availability:\t\t      80.00 %
Elapsed time:\t\t        1.50 secs
Successful transactions:           3
Failed transactions:\t           1
"""


@pytest.fixture
def siege(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name, which writes down its words and says what is in two files."""
    program = tmp_path / "siege"
    said, told = tmp_path / "said", tmp_path / "told"
    program.write_text(f'#!/bin/sh\necho "$@" >>{told}\ncat {said}.lines\ncat {said}.summary >&2\n')
    program.chmod(0o755)
    (tmp_path / "said.lines").write_text(LINES)
    (tmp_path / "said.summary").write_text(SUMMARY)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def sent() -> list[Window]:
    found: list[Window] = []
    windows = cut(plan("steps", 4, 30, 90, 1), 60)
    audience = Audience([Target("http://127.0.0.1:1/{user}")])
    send_by_siege(audience, windows, lambda number, window: found.append(window))
    return found


def test_each_piece_of_a_minute_is_a_run_of_siege_with_its_clients(siege: Path) -> None:
    assert len(sent()) == 2
    told = (siege / "told").read_text().splitlines()
    assert [line.split()[-2:] for line in told] == [
        ["--concurrent=1", "--time=30S"], ["--concurrent=3", "--time=30S"], ["--concurrent=4", "--time=30S"],
    ]  # fmt: skip


def test_a_status_that_siege_takes_for_an_answer_is_a_failure_and_what_has_no_line_is_counted(
    siege: Path,
) -> None:
    found = figures(sent()[1:])
    assert (found.requests, found.failed, found.seconds) == (5, 2, 1.5)
    assert found.times_ms["max"] == pytest.approx(30)
    assert found.rate_per_min == pytest.approx(120)


def test_what_siege_says_instead_of_figures_is_passed_on(siege: Path) -> None:
    (siege / "said.summary").write_text("[error] no such option\n")
    with pytest.raises(RecipeError, match="no such option"):
        sent()


def test_without_siege_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RecipeError, match="apt-get install siege"):
        sent()
