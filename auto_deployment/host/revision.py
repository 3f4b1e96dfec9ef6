"""Which code runs: what git calls the checkout that it lies in."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "unknown"
SHORT = 8  # characters of a commit in the names of releases
# Set where a hook of git calls us: git would then work on that repository, wherever it is started.
_ELSEWHERE = ("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "COMMON_DIR", "PREFIX")


@dataclass(frozen=True, slots=True)
class Revision:
    """A state of the code: its name, and whether files differ from it (None where git does not say so)."""

    name: str
    is_dirty: bool | None = None

    @property
    def short(self) -> str:
        """Return the name as releases have it: of a commit its beginning, and whether it is dirty."""
        if self.is_dirty is None:
            return self.name
        return f"{self.name[:SHORT]}-dirty" if self.is_dirty else self.name[:SHORT]


def code_revision(project: Path, override: str | None = None) -> Revision:
    """Return the commit of the checkout whose top is this folder; `override` is taken as it is.

    Inside of somebody else's repository git names that one's commit, which says nothing about this code: it
    is `unknown`, as it is without git.
    """
    if override:
        return Revision(override)
    top, name = _git(project, "rev-parse", "--show-toplevel"), _git(project, "rev-parse", "HEAD")
    if not top or not name or Path(top).resolve() != project.resolve():
        return Revision(UNKNOWN)
    return Revision(name, _git(project, "status", "--porcelain", "--untracked-files=no") != "")


def without_hooks() -> dict[str, str]:
    """Return our environment as git shall have it."""
    elsewhere = {f"GIT_{name}" for name in _ELSEWHERE}
    return {name: text for name, text in os.environ.items() if name not in elsewhere}


def _git(project: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", project, *words],
            capture_output=True,
            text=True,
            check=True,
            env={**without_hooks(), "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
