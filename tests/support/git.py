"""git for tests: as somebody who does not exist, and as if started outside of any repository."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

GIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
}


def git(folder: Path, *words: str) -> str:
    """Return what git prints, without the last line feed; fail with its complaint."""
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False,
        env={**without_git(), **GIT_IDENTITY},
    )  # fmt: skip
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def without_git() -> Mapping[str, str]:
    """Return our environment without what a hook of git adds to it: where git works."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
