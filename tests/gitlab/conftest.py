"""A server with a checkout, a git remote and a docker that does what a test says, behind a real sshd."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.git import git
from tests.support.project import PROJECT
from tests.support.ssh_server import SshServer, running_sshd

SCRIPTS = (
    "scripts/gitlab/server.sh",
    "scripts/gitlab/revision.sh",
    "scripts/deploy.sh",
    "scripts/rollback.sh",
)


@dataclass(frozen=True, slots=True)
class Host:
    """The server, and what a pipeline knows of it."""

    folder: Path
    server: SshServer
    revisions: tuple[str, ...]  # of main, the oldest first
    beside: str  # of another branch, from the first

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    @property
    def docker(self) -> Path:
        return self.folder / "bin"

    def variables(self, revision: str, number: int = 1, **more: str) -> dict[str, str]:
        """Return a job's environment."""
        (self.docker / "revision").write_text(revision[:8])
        return {
            "PATH": os.environ["PATH"],
            **self.server.variables(),
            "CI_COMMIT_SHA": revision,
            "CI_PIPELINE_IID": str(number),
            "IMAGE": "marquee:ci-1",
            **more,
        }

    def answers(self, name: str, status: int, said: str = "") -> None:
        """Let docker answer so from now on."""
        (self.docker / name).write_text(f"{status}\n{said}\n")

    def calls(self) -> list[str]:
        """Return what docker was told."""
        file = self.docker / "calls"
        return file.read_text().splitlines() if file.exists() else []


@dataclass(frozen=True, slots=True)
class Published:
    """A checkout beside its remote, with the scripts of the server, to be copied."""

    folder: Path
    revisions: tuple[str, ...]
    beside: str


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    remote, work = folder / "remote.git", folder / "checkout"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)], check=True)
    subprocess.run(["git", "clone", "--quiet", str(remote), str(work)], check=True, capture_output=True)
    git(work, "checkout", "--quiet", "-B", "main")
    for name in SCRIPTS:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, work / name)
    revisions = []
    for number in range(3):
        (work / "number").write_text(str(number))
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "--message", f"number {number}")
        revisions.append(git(work, "rev-parse", "HEAD"))
    git(work, "push", "--quiet", "origin", "main")
    git(work, "checkout", "--quiet", "-b", "beside", revisions[0])
    (work / "number").write_text("beside")
    git(work, "commit", "--quiet", "--all", "--message", "beside")
    beside = git(work, "rev-parse", "HEAD")
    git(work, "push", "--quiet", "origin", "beside")
    git(work, "checkout", "--quiet", "main")
    return Published(folder, tuple(revisions), beside)


@pytest.fixture
def host(published: Published, tmp_path: Path) -> Iterator[Host]:
    work = tmp_path / "checkout"
    for name in ("remote.git", "checkout"):
        shutil.copytree(published.folder / name, tmp_path / name, symlinks=True)
    git(work, "remote", "set-url", "origin", str(tmp_path / "remote.git"))
    (tmp_path / "bin").mkdir()
    shutil.copy(PROJECT / "tests" / "support" / "fake_docker.sh", tmp_path / "bin" / "docker")
    python = tmp_path / "bin" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={PROJECT} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    environ = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "DEPLOY_DIR": str(tmp_path / "deploy" / "clone"),
        "HOME": str(tmp_path),
    }
    command = work / "scripts" / "gitlab" / "server.sh"
    with running_sshd(tmp_path / "sshd", command, environ) as server:
        yield Host(tmp_path, server, published.revisions, published.beside)
