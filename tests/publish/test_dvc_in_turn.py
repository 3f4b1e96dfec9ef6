"""Several of DVC's commands in one process: what the last prints, and which one failed."""

from pathlib import Path

import pytest

from auto_deployment.publish.commands import Commands
from auto_deployment.publish.errors import CommandError

DVC = """
import os, sys
print(os.getpid(), *sys.argv[1:])
if "fail" in sys.argv:
    sys.exit("no room")
"""


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """Give a DVC that repeats what it was told."""
    (tmp_path / "dvc.py").write_text(DVC, "utf-8")
    return Commands(tmp_path, {"PYTHONPATH": str(tmp_path)})


def test_what_the_last_command_prints_is_returned(commands: Commands) -> None:
    assert commands.dvc_in_turn(["add", "a", "b"], ["status", "--json"]).split()[1:] == ["status", "--json"]
    assert commands.dvc_in_turn(["status"]).split()[1:] == ["status"]


def test_all_of_them_run_in_one_process(commands: Commands) -> None:
    status, out, _ = commands.outcome(commands.in_turn(["add"], ["status"]))
    first, second = (line.split() for line in out.replace("\x1e", "").splitlines())
    assert (status, first[1:], second[1:]) == (0, ["add"], ["status"])
    assert first[0] == second[0]


def test_the_first_that_fails_is_the_last_and_is_named(commands: Commands, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as failed:
        commands.dvc_in_turn(["add"], ["checkout", "fail"], ["status"])
    assert str(failed.value) == "dvc checkout failed (status 1): no room"
    assert "status" not in failed.value.output
