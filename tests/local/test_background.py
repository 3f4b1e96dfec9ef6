"""`make up` and `make down`: the same run in the background."""

import subprocess
from pathlib import Path

from tests.support.http import get
from tests.support.local_run import environment, give_model
from tests.support.project import PROJECT


def script(name: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROJECT / "scripts" / name], cwd=PROJECT, env=environ,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_up_returns_when_it_serves_and_down_when_it_has_ended(tmp_path: Path) -> None:
    give_model(tmp_path)
    environ = environment(tmp_path)
    try:
        up = script("up.sh", environ)
        assert up.returncode == 0, up.stderr
        assert up.stdout.startswith("Open http://localhost:")
        assert get(int(environ["MARQUEE_PORT"]), "/recommend/42").status == 200
        again = script("up.sh", environ)
        assert again.returncode == 1
        assert "already runs" in again.stderr
    finally:
        down = script("down.sh", environ)
    assert (down.returncode, down.stdout) == (0, "Stopped.\n")
    assert script("down.sh", environ).stdout.startswith("Nothing runs")


def test_up_says_why_it_could_not(tmp_path: Path) -> None:
    up = script("up.sh", environment(tmp_path))
    assert up.returncode == 1
    assert "model" in up.stderr
