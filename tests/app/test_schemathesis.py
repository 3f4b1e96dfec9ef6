"""Schemathesis reads the description and tries to catch the running service at breaking it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import serving

EXAMPLES = 60  # for each operation and phase; test_fuzz.py sends the thousands
# A genre may be any word as far as a schema can say, and the model knows a few.
LEFT_OUT = "positive_data_acceptance"


@pytest.mark.slow
@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_the_service_keeps_its_description(model_dir: Path, tmp_path: Path, accept: str) -> None:
    with serving(tmp_path / "log", {"MODEL_DIR": str(model_dir), "LOG_LEVEL": "ERROR"}) as server:
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/openapi.yaml"),
            *("--checks", "all", "--exclude-checks", LEFT_OUT, "--header", f"Accept: {accept}"),
            *("--max-examples", str(EXAMPLES), "--seed", "1", "--no-shrink", "--continue-on-failure"),
        ]
        found = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
        assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
        assert "Traceback" not in server.log_text()
