"""Programs as forks: what they have is the asker's, how they end is told, and none outlives who asked."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.host.forks import ADDRESS
from tests.support.cycle.home import running_below
from tests.support.project import PROJECT
from tests.support.waiting import eventually

# What is forked runs `auto_deployment` of the folder: a stand-in that tells what it has.
PACKAGE = """
import os, signal, sys
from auto_deployment.host.forks import run_there

if (status := run_there(sys.argv[1:])) is not None:
    raise SystemExit(status)
words = sys.argv[1:]
print(os.environ.get("GIVEN"), os.getcwd(), sys.stdin.read(), "loaded" if "slow" in sys.modules else "alone")
sys.stdout.flush()
print("complaint", file=sys.stderr)
if "die" in words:
    os.kill(os.getpid(), signal.SIGKILL)
if "pause" in words:
    open("pid", "w").write(str(os.getpid()))
    os.rename("pid", "told")
    signal.pause()
if "break" in words:
    raise BrokenPipeError("within the work")
sys.exit(7 if "refuse" in words else 0)
"""
LOADING = """
from auto_deployment.host.forks import fork_at


def load():
    import slow


if __name__ == "__main__":
    fork_at("socket", load)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    package = tmp_path / "auto_deployment"
    (package / "host").mkdir(parents=True)
    for name in ("__init__.py", "host/__init__.py"):
        (package / name).touch()
    for name in ("host/forks.py", "host/processes.py", "host/files.py"):
        (package / name).symlink_to(PROJECT / "auto_deployment" / name)
    (package / "__main__.py").write_text(PACKAGE, "utf-8")
    (package / "loading.py").write_text(LOADING, "utf-8")
    (tmp_path / "slow.py").touch()
    return tmp_path


@pytest.fixture
def forking(folder: Path) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-m", "auto_deployment.loading"]
    process = subprocess.Popen(words, cwd=folder, stdin=subprocess.PIPE, text=True)
    eventually((folder / "socket").exists)
    yield process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) in (0, -signal.SIGKILL)
    eventually(lambda: running_below(folder) == [])


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "auto_deployment", *words],
        cwd=folder,
        env={**os.environ, ADDRESS: "socket", "GIVEN": "given"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.usefixtures("forking")
@pytest.mark.parametrize(("words", "status"), [((), 0), (("refuse",), 7), (("die",), 137)])
def test_a_fork_has_what_the_asker_has_and_ends_as_told(
    folder: Path, words: tuple[str, ...], status: int
) -> None:
    process = start(folder, *words)
    out, err = process.communicate("read", timeout=60)
    assert (process.returncode, out.split(), err) == (
        status,
        ["given", str(folder), "read", "loaded"],
        "complaint\n",
    )


@pytest.mark.usefixtures("forking")
def test_an_error_of_the_work_is_the_works_own_and_the_next_one_is_served(folder: Path) -> None:
    process = start(folder, "break")
    _, err = process.communicate("", timeout=60)
    assert process.returncode == 1
    assert "BrokenPipeError: within the work" in err
    assert start(folder).communicate("", timeout=60)[0].split()[-1] == "loaded"


def test_where_nobody_forks_it_does_it_alone(folder: Path) -> None:
    out, _ = start(folder).communicate("", timeout=60)
    assert out.split()[-1] == "alone"


@pytest.mark.parametrize("killed", ["who asked", "what it is a fork of"])
def test_a_fork_does_not_outlive_others(folder: Path, forking: subprocess.Popen[str], killed: str) -> None:
    with start(folder, "pause") as asker:
        assert asker.stdin is not None
        asker.stdin.close()
        eventually((folder / "told").exists)
        fork = int((folder / "told").read_text("utf-8"))
        assert Path(f"/proc/{fork}").exists()
        (asker if killed == "who asked" else forking).kill()
        assert asker.wait(60) == (-signal.SIGKILL if killed == "who asked" else 137)
    eventually(lambda: not Path(f"/proc/{fork}").exists())
