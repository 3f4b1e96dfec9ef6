"""Every query of a system in which everything happens: what is empty in a quiet demo may still be wrong.

A query may be refused only once there is data: two series where a join wants one.
"""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.busy_system import series
from tests.support.release.queries import AskedFor, every_query
from tests.support.rules import PROMETHEUS
from tests.support.systems.lab import require_docker

IMAGE = "prom/prometheus:v3.5.3"
# Nothing of this has to happen for a panel to be right.
QUIET = {"Ends of releases"}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what promtool says of each query, none of which is told what to expect."""
    require_docker()
    folder = tmp_path_factory.mktemp("busy")
    folder.chmod(0o755)
    test = {
        "interval": "20s",
        "input_series": [{"series": one, "values": values} for one, values in series()],
        "promql_expr_test": [{"expr": asked.filled(), "eval_time": "2h"} for asked in every_query()],
    }
    rules = [f"/etc/prometheus/rules/{file.name}" for file in sorted((PROMETHEUS / "rules").glob("*.yml"))]
    content = {"rule_files": rules, "evaluation_interval": "20s", "tests": [test]}
    (folder / "test.yml").write_text(yaml.safe_dump(content, width=10**6), "utf-8")
    return promtool(folder)


def promtool(folder: Path) -> str:
    command = [
        "docker", "run", "--rm", "--network=none", f"--volume={folder}:/busy:ro",
        f"--volume={PROMETHEUS}:/etc/prometheus:ro", "--entrypoint=promtool",
        IMAGE, "test", "rules", "/busy/test.yml",
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def answers(said: str, asked: AskedFor) -> list[str]:
    """Return what follows the query in promtool's list: `got: ...`, `err: ...`, nothing if empty."""
    parts = said.split(f"expr: {json.dumps(asked.filled(), ensure_ascii=False)}, time: 2h")
    return [part.split("\n    expr: ")[0] for part in parts[1:]]


@pytest.mark.lab
def test_no_query_is_refused(said: str) -> None:
    assert "got:" in said
    assert [line.strip() for line in said.splitlines() if "err:" in line] == []


@pytest.mark.lab
def test_every_panel_has_something_to_show(said: str) -> None:
    panels = [asked for asked in every_query() if not asked.where.startswith(("alert ", "rule "))]
    empty = [
        asked.where
        for asked in panels
        if asked.where.split(": ", 1)[1] not in QUIET
        and not any("got: " in one for one in answers(said, asked))
    ]
    assert empty == []
