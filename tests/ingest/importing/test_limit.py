"""Rows that would be left out are never silent: a share above the limit stops the import, with status 3."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment import cli
from auto_deployment.dataset.events import Rating, render
from auto_deployment.ingest.importing.limit import TooManyRejectedError, enforce_share
from tests.ingest.importing.conftest import Importer
from tests.support.ingest.segments import NOON

HEADER = "userId,movieId,rating,timestamp\n"


def table(good: int, bad: int) -> str:
    rows = "".join(f"{user},1,{user % 5 + 1},1112486027\n" for user in range(1, good + 1))
    return HEADER + rows + "someone,1,4,1112486027\n" * bad


def test_more_than_one_in_a_hundred_stops_before_anything_is_written(
    importer: Importer, write: Callable[..., Path]
) -> None:
    path = write(table(98, 2))
    assert importer(path) == 3
    assert "2 of 100 lines (0.02 of all) cannot be taken (user-id 2), more than 0.01" in importer.err
    assert "\n  line 100: user-id: someone,1,4,1112486027\n" in importer.err
    assert not importer.paths.root.exists()


def test_one_in_a_hundred_is_taken_and_said(importer: Importer, write: Callable[..., Path]) -> None:
    assert importer(write(table(99, 1))) == 0
    assert "rejected: 1 (user-id 1)" in importer.out
    assert len(importer.rows()) == 99


@pytest.mark.parametrize(("share", "status"), [("0.02", 0), ("2%", 0), ("0.019", 3), ("0", 3)])
def test_a_person_says_how_much_may_be_left_out(
    importer: Importer, write: Callable[..., Path], share: str, status: int
) -> None:
    assert importer(write(table(98, 2)), "--allow-rejected", share) == status


def test_the_share_that_the_refusal_names_is_enough(importer: Importer, write: Callable[..., Path]) -> None:
    path = write(table(7, 2))
    assert importer(path) == 3
    share = importer.err.partition("--allow-rejected ")[2].partition("`")[0]
    assert importer(path, "--allow-rejected", share) == 0


def test_what_was_left_out_can_be_listed(
    importer: Importer, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    importer(write(table(99, 1)))
    assert cli.main(["ingest", "list-quarantine"]) == 0
    assert capsys.readouterr().out == "ratings.csv:101: user-id: 'someone,1,4,1112486027'\n"


def test_blank_lines_are_no_loss(importer: Importer, write: Callable[..., Path]) -> None:
    assert importer(write(table(3, 0) + "\n\n\n")) == 0
    assert len(importer.rows()) == 3


def test_lines_of_the_stream_have_the_same_limit(importer: Importer, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"%s\nno event\n%s\n" % ((render(Rating(NOON, 7, "heat+1995", 4)),) * 2))
    assert importer(log) == 3
    assert importer.paths.segments.exists() is False or importer.rows() == []


@pytest.mark.parametrize("share", ["1.5", "-1", "much", "200%"])
def test_a_share_that_is_none_is_refused(importer: Importer, share: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        importer("ratings.csv", f"--allow-rejected={share}")
    assert stopped.value.code == 2


def test_ratings_outside_of_the_scale_bring_the_hint_that_it_is_another() -> None:
    with pytest.raises(TooManyRejectedError, match="Are the ratings on another scale") as refused:
        enforce_share("a.log", Counter({"rating-range": 5}), 10, 0.01)
    assert "`--allow-rejected 0.34`" in str(refused.value)
    with pytest.raises(TooManyRejectedError) as refused:
        enforce_share("a.log", Counter({"time": 5}), 10, 0.01)
    assert "scale" not in str(refused.value)
