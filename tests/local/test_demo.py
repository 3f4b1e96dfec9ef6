"""The first run makes data and a model; the next ones find them."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.support.http import get
from tests.support.local_run import LocalRun, environment, running
from tests.support.project import PROJECT
from tests.support.waiting import eventually


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Address a folder named demo, with a platform small enough for a test, whose users do not ask yet."""
    people_ask(tmp_path / "params.yaml", 0)
    return {**environment(tmp_path / "demo"), "PARAMS_FILE": str(tmp_path / "params.yaml")}


def people_ask(file: Path, per_s: float) -> None:
    """Write parameters with which users are easily pleased."""
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    params["simulate"] |= {"users": 300, "movies": 200, "days": 30}
    params["simulate"]["lists"] |= {"local_asks_per_s": per_s, "watched_share": 0.9}
    file.write_text(yaml.safe_dump(params), "utf-8")


def made_in(demo: Path) -> dict[Path, int]:
    """Return segments, models and reports with their times."""
    patterns = ("segments/*", "models/*/*", "reports/*/*")
    return {file: file.stat().st_mtime_ns for pattern in patterns for file in demo.glob(pattern)}


def shown(run: LocalRun) -> Counter[str]:
    """Count lists by track, as NGINX tells."""
    entries = (json.loads(line) for line in run.layout.edge_log.read_bytes().splitlines())
    return Counter(one["track"] for one in entries if one["user"])


def title_begun(followed: Path) -> tuple[str, str] | None:
    """Return a user who has begun a title of a list, and the title; nobody is shown it before."""
    lines = (line.split() for line in followed.read_text("utf-8").splitlines())
    return next(((user, title) for _, user, title, what in lines if what == "started"), None)


def is_gone(run: LocalRun) -> bool:
    """Tell whether what somebody has begun is in his list no more, and the list says how fresh it is."""
    begun = title_begun(run.layout.recent_file)
    if begun is None:
        return False
    reply = get(run.port, f"/recommend/{begun[0]}")
    fresh = reply.headers.get("x-recommendation-fresh", "inf")  # the static list says nothing of it
    return begun[1] not in reply.body.decode().split(",") and float(fresh) < 60


def marquee(environ: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "auto_deployment", *words]
    found = subprocess.run(command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    return found.stdout


def test_a_second_run_serves_what_the_first_has_made_and_people_watch_what_they_are_shown(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    demo = tmp_path / "demo"
    with running(demo, tmp_path / "first", environ) as run:
        reply = get(run.port, "/recommend/42")
        assert reply.status == 200
        assert len(set(reply.body.decode().split(","))) == 20
        first = made_in(demo)
    assert first
    people_ask(tmp_path / "params.yaml", 30)
    with running(demo, tmp_path / "second", environ) as run:
        assert not re.search("Simulating|Training", run.text())
        assert get(run.port, "/recommend/42").headers["x-model-version"] == reply.headers["x-model-version"]
        # The first minute of a title comes seconds after its list.
        eventually(lambda: (lists := shown(run))["stable"] > 400 and lists["canary"] > 30, saying=run.text)
        eventually(lambda: is_gone(run), saying=run.text)
    after = made_in(demo)
    assert first.items() <= after.items()
    assert all(path.name.startswith("simulation-live-") for path in after.keys() - first.keys())
    for word in ("collect", "join"):
        marquee(environ, "feedback", word, "--once")
    report = json.loads(marquee(environ, "feedback", "report", "--json"))
    tracks = {one["value"]: one for one in report["groups"] if one["by"] == "track"}
    assert min(tracks["stable"]["impressions"], tracks["canary"]["impressions"]) > 20
    assert tracks["stable"]["watches"] > 0
    assert tracks["stable"]["estimates"]["hit_rate"]["value"] > 0
