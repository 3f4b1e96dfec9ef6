"""Schemathesis reads the description and tries to catch the running service at breaking it.

`python -m benchmarks soak` lets it try for longer.
"""

from pathlib import Path

import pytest
import yaml

from app.routes import OPENAPI
from tests.support.schemathesis import ACCEPTED, attack
from tests.support.server import serving

EXAMPLES = 12  # for each operation and phase
# Each path has GET and nothing else; the one that the description itself is read from is left out.
OPERATIONS = len(yaml.safe_load(OPENAPI.read_bytes())["paths"]) - 1


@pytest.mark.parametrize("accept", ACCEPTED)
def test_the_service_keeps_its_description(item_model_dir: Path, tmp_path: Path, accept: str) -> None:
    with serving(tmp_path / "log", {"MODEL_DIR": str(item_model_dir), "LOG_LEVEL": "ERROR"}) as server:
        found = attack(server.url, tmp_path, accept, EXAMPLES)
        assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
        assert f"Selected: {OPERATIONS}/{OPERATIONS}\n  Tested: {OPERATIONS}\n" in found.stdout
        assert "Traceback" not in server.log_text()
