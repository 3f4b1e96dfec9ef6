"""The first run makes data and a model; the next ones find them."""

import re
from pathlib import Path

import pytest
import yaml

from tests.support.http import get
from tests.support.local_run import environment, running
from tests.support.project import PROJECT


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Address a folder named demo, with a platform small enough for a test."""
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    params["simulate"] |= {"users": 300, "movies": 200, "days": 30}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    return {**environment(tmp_path / "demo"), "PARAMS_FILE": str(tmp_path / "params.yaml")}


def made_in(demo: Path) -> dict[Path, int]:
    """Return segments, models and reports with their times."""
    patterns = ("segments/*", "models/*/*", "reports/*/*")
    return {file: file.stat().st_mtime_ns for pattern in patterns for file in demo.glob(pattern)}


def test_a_second_run_serves_what_the_first_has_made_and_makes_nothing_again(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    demo = tmp_path / "demo"
    with running(demo, tmp_path / "first", environ) as run:
        reply = get(run.port, "/recommend/42")
        assert reply.status == 200
        assert len(set(reply.body.decode().split(","))) == 20
        first = made_in(demo)
    assert first
    with running(demo, tmp_path / "second", environ) as run:
        assert not re.search("Simulating|Training", run.text())
        assert get(run.port, "/recommend/42").headers["x-model-version"] == reply.headers["x-model-version"]
    assert made_in(demo) == first
