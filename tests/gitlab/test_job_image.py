"""What a job does with an image that brings its packages, and with one that does not."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.project import PROJECT

LOCKS = ("app/requirements.txt", "requirements-dev.txt")
# Makes an environment whose pip only writes down what it is asked for.
PYTHON = """#!/bin/sh
case $* in *venv*)
  mkdir -p .venv/bin
  printf '#!/bin/sh\\necho "$@" >asked\\n' >.venv/bin/pip
  chmod +x .venv/bin/pip ;;
esac
"""


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout of two lock files, and beside it an image's environment that was made of the same."""
    program(tmp_path / "python", PYTHON)
    program(tmp_path / "given/bin/pip", "#!/bin/sh\nexit 1\n")
    for name in LOCKS:
        for folder in ("work", "given/locks"):
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text(f"{name}\n")
    (tmp_path / "work/scripts").mkdir()
    shutil.copy(PROJECT / "scripts/venv.sh", tmp_path / "work/scripts")
    return tmp_path


def install(place: Path, *locks: str) -> Path:
    """Run `scripts/venv.sh` in the checkout and return its environment."""
    environ = {**os.environ, "PYTHON": str(place / "python"), "VENV_FROM": str(place / "given")}
    subprocess.run(["bash", "scripts/venv.sh", *locks], cwd=place / "work", env=environ, check=True)
    return place / "work/.venv"


def test_an_environment_of_these_lock_files_is_taken_as_it_is(place: Path) -> None:
    found = install(place, *LOCKS)
    assert found.resolve() == place / "given"
    assert (found / "bin/marquee").exists()


@pytest.mark.parametrize("name", LOCKS)
def test_with_another_lock_file_the_packages_are_installed(place: Path, name: str) -> None:
    (place / "work" / name).write_text("newer\n")
    found = install(place, *LOCKS)
    assert not found.is_symlink()
    assert "--require-hashes" in (place / "work/asked").read_text()
    assert not (place / "given/bin/marquee").exists()


def test_what_is_there_already_is_not_replaced(place: Path) -> None:
    program(place / "work/.venv/bin/pip", '#!/bin/sh\necho "$@" >asked\n')
    assert not install(place, *LOCKS).is_symlink()
    assert (place / "work/asked").exists()


@pytest.mark.parametrize(("present", "installs"), [(True, False), (False, True)])
def test_tools_that_are_there_are_not_installed_again(place: Path, present: bool, installs: bool) -> None:
    line = yaml.safe_load((PROJECT / ".gitlab-ci.yml").read_text("utf-8"))["default"]["before_script"][0]
    program(place / "bin/dpkg", f"#!/bin/sh\nexit {0 if present else 1}\n")
    program(place / "bin/apt-get", f"#!/bin/sh\necho $@ >>{place}/apt\n")
    environ = {"PATH": f"{place}/bin:{os.environ['PATH']}", "TOOLS": "git make"}
    subprocess.run(["bash", "-ec", line], env=environ, check=True)
    asked = (place / "apt").read_text() if (place / "apt").exists() else ""
    assert asked.endswith("--no-install-recommends git make\n") is installs


def test_tools_that_cannot_be_installed_end_the_job(place: Path) -> None:
    line = yaml.safe_load((PROJECT / ".gitlab-ci.yml").read_text("utf-8"))["default"]["before_script"][0]
    for name in ("dpkg", "apt-get"):
        program(place / "bin" / name, "#!/bin/sh\nexit 1\n")
    environ = {"PATH": f"{place}/bin:{os.environ['PATH']}", "TOOLS": "git make"}
    assert subprocess.run(["bash", "-ec", line], env=environ, check=False).returncode != 0


def test_the_image_has_whatever_a_job_would_install() -> None:
    pipeline = (PROJECT / ".gitlab-ci.yml").read_text("utf-8")
    dockerfile = (PROJECT / "scripts/gitlab/Dockerfile").read_text("utf-8")
    tools = {tool for line in re.findall(r"TOOLS: (.*)", pipeline) for tool in line.split()}
    (installed,) = re.findall(r"apt-get install -y --no-install-recommends (.*) \\", dockerfile)
    assert set(installed.split()) == tools
    base = yaml.safe_load(pipeline)["variables"]["JOB_IMAGE"]
    assert f"ARG BASE={base}\n" in dockerfile
    locks = {line.split()[1] for line in dockerfile.splitlines() if re.match(r"COPY .*\.txt", line)}
    assert locks == {*LOCKS, "auto_deployment/requirements.txt"}
