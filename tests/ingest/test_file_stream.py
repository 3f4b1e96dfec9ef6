"""A captured log instead of the broker, with all the rest the same."""

from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.errors import BadInputError
from auto_deployment.ingest.file_stream import FileStream
from tests.support.ingest.home import Home, ingest_params, rating_lines


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give a captured log of ten lines, two of them damaged."""
    path = tmp_path / "captured.log"
    texts = rating_lines(0, 10)
    texts[3], texts[7] = b"nonsense", b"\xff"
    path.write_bytes(b"\r\n".join(texts) + b"\n")
    return path


def test_each_line_is_taken_once_however_often_the_file_is_given(home: Home, log: Path) -> None:
    for _ in range(2):
        home.once(file=log)
    assert len(home.rows()) == 8
    assert sorted((row["line"], row["raw"].strip()) for row in home.rejected()) == [
        (4, b"nonsense"),
        (8, b"\xff"),
    ]
    (segment,) = home.segments()
    assert segment.meta.source["offsets"] == {"0": [0, 10]}


def test_reading_goes_on_in_the_middle_of_a_file(
    home: Home, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.ingest.file_stream._LINES_PER_POLL", 2)
    home.params = ingest_params(max_lines=4)
    home.once(file=log)
    assert [segment.meta.source["offsets"]["0"] for segment in home.segments()] == [[0, 4], [4, 8], [8, 10]]
    home.segments()[2].path.unlink()
    home.once(file=log)
    assert [segment.meta.source["offsets"]["0"] for segment in home.segments()] == [[0, 4], [4, 8], [8, 10]]
    assert len(home.rejected()) == 2


ANSWER = b"2026-08-27T10:00,7,recommendation request h.example.org:82, status 500, result: "


def test_an_answer_over_several_lines_is_one_event(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.ingest.file_stream._LINES_PER_POLL", 2)
    texts = rating_lines(0, 6)
    texts[2:2] = (ANSWER + b"<html>\n<p>Internal error</p>\n</html>, 12 ms").split(b"\n")
    path = tmp_path / "broken.log"
    path.write_bytes(b"\n".join(texts))
    home.params = ingest_params(max_lines=3)
    home.once(file=path)
    assert home.rejected() == []
    (answer,) = [row for row in home.rows() if row["kind"] == "recommendation"]
    assert (answer["status"], answer["error"]) == (500, "<html>\n<p>Internal error</p>\n</html>")
    assert len(home.positions()) == 6
    spans = [segment.meta.source["offsets"]["0"] for segment in home.segments()]
    assert (spans[0][0], spans[-1][1]) == (0, 9)
    home.segments()[-1].path.unlink()
    home.once(file=path)
    assert len(home.rows()) == 7


@pytest.mark.parametrize("damage", [b"nonsense\nmore", b"nonsense", b"x\n" * 1_200 + b"y, 12 ms"])
def test_an_answer_that_was_cut_off_takes_no_line_with_it(home: Home, tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "broken.log"
    path.write_bytes(b"\n".join([ANSWER + b"<html>", damage, *rating_lines(0, 3)]))
    home.once(file=path)
    assert len(home.rows()) == 3
    assert len(home.rejected()) == 1 + len(damage.split(b"\n"))


def test_another_file_counts_from_its_own_beginning(home: Home, log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    other.write_bytes(b"\n".join(rating_lines(20, 23)))
    home.once(file=log)
    home.once(file=other)
    assert len(home.rows()) == 11


def test_an_overlong_line_is_one_rejected_line(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.ingest.log_lines._KEPT_BYTES", 100_000)
    path = tmp_path / "long.log"
    path.write_bytes(b"x" * 350_000 + b"\n" + rating_lines(0, 1)[0])
    home.once(file=path)
    assert [(row["line"], len(row["raw"]), row["reason"]) for row in home.rejected()] == [
        (1, 100_000, "too-long")
    ]
    assert len(home.rows()) == 1


def test_an_empty_file_writes_nothing(home: Home, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    home.once(file=tmp_path / "empty")
    assert home.segments() == []


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="nowhere cannot be read: No such file"):
        FileStream(tmp_path / "nowhere", [])


def test_the_command_reads_a_file_and_profiles_it(
    home: Home, log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(home.root))
    assert main(["ingest", "--from-file", str(log), "--dry-run"]) == 0
    assert "10 lines from 2026-08-27T10:00:00+00:00" in capsys.readouterr().out
    assert not home.root.exists()
    assert main(["ingest", "--from-file", str(log)]) == 0
    assert len(home.rows()) == 8
    assert main(["ingest", "replay-quarantine"]) == 0
    assert "0 of 2 rejected lines are taken now, 2 stay" in capsys.readouterr().out
    assert main(["ingest", "compact", "--json"]) == 0
    assert capsys.readouterr().out == '{"joined": 0, "into": 0, "put_off": 0}\n'


@pytest.mark.parametrize(
    "words",
    [["compact", "--once"], ["replay-quarantine", "--dry-run"], ["compact", "--minutes", "3"]],
)
def test_options_that_do_not_belong_together_are_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", *words]) == 2
    said = capsys.readouterr().err
    assert said == f"`ingest {words[0]}` does not listen: leave that option out.\n"


@pytest.mark.parametrize(
    "words", [["--minutes", "0"], ["--minutes", "x"], ["--new-generation", "0:5"], ["dance"]]
)
def test_options_that_make_no_sense_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["ingest", *words])
    assert stop.value.code == 2
