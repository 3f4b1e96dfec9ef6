"""How whole systems are asked what they have written and whether they are well, from outside of them."""

import json
from pathlib import Path

import pytest

from tests.support.systems.containers import StackError, says_well
from tests.support.systems.onlooker import Onlooker


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    waiting = tmp_path / "releases" / "outbox" / "waiting"
    waiting.mkdir(parents=True)
    for number in (1, 2):
        record = {"release": {"number": number}}
        (tmp_path / "releases" / f"000{number}.json").write_text(json.dumps(record), "utf-8")
    (tmp_path / "releases" / "serving.json").write_text('{"code_revision": "abc"}', "utf-8")
    (waiting / "a.eml").write_text("Subject: Promoted\n\nIt\nserves.\n", "utf-8")
    return tmp_path


def test_what_releases_have_written_is_read_from_this_host(seen: Path) -> None:
    onlooker = Onlooker("none", seen)
    assert [one["release"]["number"] for one in onlooker.releases()] == [2]
    assert [one["release"]["number"] for one in onlooker.releases(last=50)] == [1, 2]
    assert (onlooker.serving(), onlooker.rejected()) == ("abc", set())
    assert onlooker.mails("waiting") == onlooker.mails() == ["Subject: Promoted"]
    assert onlooker.texts("Promoted") == ["It serves."]


def test_a_question_that_fails_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"none\.eml"):
        Onlooker("none", tmp_path)._lines("cat $SEEN/none.eml")


@pytest.mark.parametrize(
    ("status", "well"),
    [
        ("Up 3 minutes", True),
        ("Up 3 minutes (healthy)", True),
        ("Up Less than a second (health: starting)", False),
        ("Up 3 minutes (unhealthy)", False),
        ("Up 3 minutes (Paused)", False),
        ("Restarting (1) 2 seconds ago", False),
        ("Exited (0) 2 seconds ago", False),
        ("Created", False),
    ],
)
def test_docker_says_who_is_well(status: str, well: bool) -> None:
    assert says_well(status) == well
