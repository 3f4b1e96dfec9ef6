"""`marquee simulate` as a person calls it."""

import subprocess
import sys
from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.events import Rating, Rejection, Watch, parse

SMALL = ["--users", "100", "--movies", "80", "--days", "2"]


def simulate(out: Path, *options: str) -> list[bytes]:
    assert main(["simulate", *SMALL, "--out", str(out), *options]) == 0
    return out.read_bytes().split(b"\n")[:-1]


def test_the_same_seed_writes_the_same_file(tmp_path: Path) -> None:
    first = simulate(tmp_path / "a", "--seed", "3")
    assert simulate(tmp_path / "b", "--seed", "3") == first
    assert simulate(tmp_path / "c", "--seed", "4") != first


def test_it_stops_after_the_lines_that_were_asked_for(tmp_path: Path) -> None:
    assert len(simulate(tmp_path / "out", "--lines", "1234")) == 1234


def test_without_damage_every_line_is_valid_and_its_ids_are_in_the_catalogue(tmp_path: Path) -> None:
    events = [
        parse(line) for line in simulate(tmp_path / "out", "--damage", "none", "--catalog", str(tmp_path))
    ]
    assert not any(isinstance(event, Rejection) for event in events)
    watched = {event.movie_id for event in events if isinstance(event, Watch)}
    assert watched <= set(MOVIES.read(tmp_path)["movie_id"])
    assert len(USERS.read(tmp_path)) == 100


def test_a_share_can_be_set_for_one_kind_of_damage(tmp_path: Path) -> None:
    lines = simulate(tmp_path / "out", "--damage", "none", "--damage", "empty=0.5")
    assert 0.45 < lines.count(b"") / len(lines) < 0.55


def test_ratings_follow_the_scale_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATING_SCALE", "1-10")
    events = [parse(line, rating_scale=(1, 10)) for line in simulate(tmp_path / "out", "--users", "500")]
    assert max(event.rating for event in events if isinstance(event, Rating)) > 5


def test_at_a_speed_it_starts_now_and_keeps_its_order(tmp_path: Path) -> None:
    lines = simulate(tmp_path / "out", "--speed", "1e9", "--damage", "none")
    assert lines == sorted(lines, key=lambda line: line.split(b",")[0][:16])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--damage", "hail=0.1"], "hail"),
        (["--damage", "stray=lots"], "stray=lots"),
        (["--damage", "stray=2"], "damage"),
        (["--start", "soon"], "soon"),
        (["--users", "2000000"], "users"),
        (["--out", "/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_bad_options_give_one_sentence_and_status_2(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *SMALL, *options]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("option", ["--lines=0", "--speed=0", "--speed=nan", "--users=-5"])
def test_numbers_that_make_no_sense_are_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["simulate", option])
    assert refused.value.code == 2
    assert option.partition("=")[0] in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_error() -> None:
    command = [sys.executable, "-m", "auto_deployment", "simulate", *SMALL, "--days", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()
    assert process.returncode == 0
    assert b"Traceback" not in complaints
    assert b"BrokenPipe" not in complaints
