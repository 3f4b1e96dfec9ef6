"""The mean latency of a canary that has just started, as Prometheus computes it."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from auto_deployment.release.observe import queries
from tests.support.prometheus import IMAGE
from tests.support.systems.lab import require_docker

pytestmark = pytest.mark.lab

NAME = "flask_http_request_duration_seconds_%s"
LABELS = '{track="canary",url_rule="/recommend/<user>",status="200",service="%s"}'
# A scrape every 10 s. First seen after 10 requests of half a second; then 60 of 20 ms between two scrapes.
YOUNG = ("_ _ _ 5 6.2+1.2x4330", "_ _ _ 10 70+60x4330")
# The same, and after a minute the process is a new one.
RESTARTED = ("_ _ _ 0+1.2x5 0+1.2x4330", "_ _ _ 0+60x5 0+60x4330")


def promtool(folder: Path, content: object) -> str:
    """Return what promtool says of a file of tests, the installed one or that of the image."""
    file = folder / "tests.yml"
    file.write_text(yaml.safe_dump(content), "utf-8")
    if found := shutil.which("promtool"):
        command = [found, "test", "rules", str(file)]
    else:
        require_docker()
        folder.chmod(0o755)
        given = ["--network", "none", "-v", f"{folder}:/tests:ro", "--entrypoint", "promtool", IMAGE]
        command = ["docker", "run", "--rm", *given, "test", "rules", "/tests/tests.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def asked_of(series: tuple[str, str], expressions: list[dict[str, object]]) -> dict[str, object]:
    """Return a test of promtool: sums and counts of the canary, and what is asked of them."""
    return {
        "interval": "10s",
        "input_series": [
            {"series": NAME % part + LABELS % "canary", "values": values}
            for part, values in zip(("sum", "count"), series, strict=True)
        ],
        "promql_expr_test": expressions,
    }


def test_the_mean_of_the_first_minutes_is_that_of_the_requests_between_two_scrapes(tmp_path: Path) -> None:
    expressions: list[dict[str, object]] = [
        {
            "expr": f"round({queries.mean_latency_ms('canary', window_s)}, 0.01)",
            "eval_time": at,
            "exp_samples": [{"value": 20}],
        }
        for window_s, at in {60: "61s", 120: "2m1s", 600: "10m"}.items()
    ]
    content = {"tests": [asked_of(series, expressions) for series in (YOUNG, RESTARTED)]}
    assert promtool(tmp_path, content) == ""


def test_over_the_founding_rules_window_a_young_series_makes_no_difference(tmp_path: Path) -> None:
    expr = f"abs({queries.mean_latency_ms('canary', 43_200)} / 20 - 1) < bool 0.001"
    asked = asked_of(YOUNG, [{"expr": expr, "eval_time": "12h", "exp_samples": [{"value": 1}]}])
    assert promtool(tmp_path, {"tests": [asked]}) == ""
