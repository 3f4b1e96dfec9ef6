"""What code loads, seen in an interpreter that has loaded nothing else."""

import subprocess
import sys
from collections.abc import Mapping

from tests.support.project import PROJECT

REPORT = "import sys\nprint('\\n', *{name.split('.')[0] for name in sys.modules})"


def loaded_by(code: str, environ: Mapping[str, str] | None = None) -> set[str]:
    """Return the names of the top-level packages that a fresh interpreter has loaded after the code."""
    command = [sys.executable, "-c", f"{code}\n{REPORT}"]
    result = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split())
