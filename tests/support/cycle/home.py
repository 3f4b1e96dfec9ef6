"""A place for retraining cycles: a data directory, a git remote, a DVC remote, and a flow that is quick."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auto_deployment.auto_deploy import run_cycle
from auto_deployment.config.publish import PublishSettings
from auto_deployment.cycle.context import Cycle, Project
from auto_deployment.cycle.outcome import Outcome
from auto_deployment.dataset.events import Rating
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.publish import factory
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.local_remote import ensure_remote
from tests.support.cycle import published
from tests.support.git import GIT_IDENTITY, git
from tests.support.ingest.segments import write_segment
from tests.support.project import PROJECT

SUPPORT = PROJECT / "tests" / "support" / "cycle"
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)

RECORD_PUSHES = """#!/bin/sh
while read old new ref; do
  echo "$ref" >> "$GIT_DIR/pushes"
  for n in $(seq 0 $((${GIT_PUSH_OPTION_COUNT:-0} - 1))); do
    eval "echo \\"option \\$GIT_PUSH_OPTION_$n\\"" >> "$GIT_DIR/pushes"
  done
done
"""


@dataclass(frozen=True)
class CycleHome:
    """Everything below one folder, which may be copied as a whole: nothing in it depends on where it lies."""

    root: Path

    @property
    def paths(self) -> Paths:
        return Paths(self.root / "data")

    @property
    def layout(self) -> CycleLayout:
        return CycleLayout.below(self.paths.cycle)

    @property
    def bare(self) -> Path:
        return self.root / "remote.git"

    @property
    def storage(self) -> Path:
        """DVC's remote."""
        return self.root / "storage"

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def publish(self) -> PublishSettings:
        return PublishSettings(git_remote=str(self.bare), dvc_remote=str(self.storage))

    def prepare(self) -> None:
        """Make the project and the git remote, with a hook that writes down what was pushed."""
        write_project(self.project)
        commands = Commands(self.project, GIT_IDENTITY)
        ensure_remote(commands, self.bare, "main", self.project, self.project / "params.yaml")
        self.hook("post-receive", RECORD_PUSHES)
        git(self.bare, "config", "receive.advertisePushOptions", "true")

    def arrive(self, name: str, user_id: int = 1) -> Path:
        """Let one segment come in."""
        return write_segment(self.paths.segments, name, [Rating(BEGIN, user_id, f"{name}+2000", 4.0)])

    def make(self, notify: Callable[[Outcome], None] = lambda outcome: None, **changes: Any) -> Cycle:
        settings = replace(self.publish, **changes)
        project = Project(
            self.project,
            self.project / "params.yaml",
            settings.git_branch,
            settings.git_remote is not None,
            segment_max_age_s=300,
        )
        return Cycle(self.paths, factory.build(self.paths.cycle, settings), project, notify)

    def cycle(
        self,
        minute: int = 0,
        *,
        dry_run: bool = False,
        step: Callable[[str], None] = lambda name: None,
        continue_from: str | None = None,
        **changes: Any,
    ) -> Outcome:
        """Run one cycle here, so many minutes after the beginning."""
        now = BEGIN + timedelta(minutes=minute)
        way = changes.get("way", self.publish.way)
        cycle = self.make(**changes)
        return run_cycle(cycle, lambda: now, way, dry_run=dry_run, step=step, continue_from=continue_from)

    def start(self, minute: int, *words: str, **environ: str) -> subprocess.Popen[str]:
        """Run one cycle in a process of its own, to be killed: see `cycle_process.py`."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.cycle.cycle_process", str(self.root), str(minute), *words],
            cwd=PROJECT,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def hook(self, name: str, script: str) -> None:
        """Give the git remote a hook."""
        path = self.bare / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(script, "utf-8")
        path.chmod(0o755)

    def pushes(self) -> list[str]:
        """Return the refs that were pushed, in order, with the options of their push."""
        path = self.bare / "pushes"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def versions(self) -> list[str]:
        return published.versions(self.bare)

    def gaps(self) -> list[str]:
        return published.gaps(self.bare, self.storage)

    def head(self) -> str:
        return git(self.bare, "rev-parse", "main").strip()

    def elsewhere(self, change: Callable[[Path], object], message: str = "a change") -> None:
        """Let somebody else commit to the branch."""
        work = self.root / "somebody"
        shutil.rmtree(work, ignore_errors=True)
        git(self.root, "clone", "--quiet", str(self.bare), str(work))
        change(work)
        git(work, "add", "--all")
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@localhost")
        git(work, *who, "commit", "--quiet", "--message", message)
        git(work, "push", "--quiet", "origin", "HEAD:main")

    def other_host(self) -> "CycleHome":
        """Give another place that publishes to the same remotes."""
        other = CycleHome(self.root / "other")
        other.root.mkdir()
        for name in ("remote.git", "storage", "project"):
            (other.root / name).symlink_to(self.root / name)
        return other

    def copy(self, target: Path) -> "CycleHome":
        shutil.copytree(self.root, target, symlinks=True)
        return CycleHome(target)


def killed_at(home: CycleHome, minute: int, where: str, continue_from: str = "") -> None:
    """Run a cycle in a process that ends itself at a step, or is ended where it names none."""
    process = home.start(minute, *([where] if where else []), CONTINUE_FROM=continue_from)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == -9, said


def write_project(project: Path) -> None:
    """Write a project whose flow is `tiny_flow`, with the settings for git and DVC of the real one."""
    (project / "app").mkdir(parents=True)
    (project / ".dvc").mkdir()
    shutil.copy2(SUPPORT / "tiny_flow.py", project / "app" / "flow.py")
    shutil.copy2(SUPPORT / "tiny_dvc.yaml", project / "dvc.yaml")
    for name in (".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore"):
        shutil.copy2(PROJECT / name, project / name)
    (project / "params.yaml").write_text("learn: 1\n", "utf-8")


def running_below(folder: Path) -> list[str]:
    """Return the commands of all processes that work in a folder."""
    return [words for pid, words in _processes() if _works_in(pid, folder)]


def _processes() -> Iterable[tuple[int, str]]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield int(path.parent.name), path.read_text("utf-8", "replace").replace("\0", " ").strip()
        except OSError:
            continue


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(folder)
    except OSError:
        return False
