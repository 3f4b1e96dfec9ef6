"""Which code runs: the name that stands in every answer's `X-Release`."""

import os
import subprocess
from pathlib import Path

UNKNOWN = "unknown"


def code_revision(project: Path) -> str:
    """Return git's short name of the checkout, with `-dirty` when files were changed, else `unknown`."""
    try:
        result = subprocess.run(
            ["git", "-C", str(project), "describe", "--always", "--dirty", "--abbrev=8", "--exclude=*"],
            capture_output=True, text=True, check=False, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )  # fmt: skip
    except OSError:
        return UNKNOWN
    return result.stdout.strip() if result.returncode == 0 else UNKNOWN
