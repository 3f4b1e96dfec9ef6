"""Schemathesis reads the description and tries to catch the running service at breaking it."""

import subprocess
import sys
from pathlib import Path

ACCEPTED = ("*/*", "application/json")
# A genre may be any word as far as a schema can say, and the model knows a few.
LEFT_OUT = "positive_data_acceptance"


def attack(url: str, folder: Path, accept: str, examples: int) -> subprocess.CompletedProcess[str]:
    """Send so many examples for each operation and phase; status 0 says that nothing was found."""
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.yaml"),
        *("--checks", "all", "--exclude-checks", LEFT_OUT, "--header", f"Accept: {accept}"),
        *("--max-examples", str(examples), "--seed", "1", "--no-shrink", "--continue-on-failure"),
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=3600)
