"""`docker compose --profile demo up -d --wait`: a platform with events and requests."""

import json

import pytest

from tests.support.stack import TestStack, eventually, get_json

pytestmark = [pytest.mark.lab, pytest.mark.slow]

# What the newest segments hold, read with the tools of the worker's own image.
COUNT = """
import json, pathlib, auto_deployment.ingest.segments as s
found = s.list_segments(pathlib.Path("/data/segments"))
print(json.dumps([one.meta.counts for one in found]))
"""


@pytest.fixture(scope="module")
def demo(stack: TestStack) -> TestStack:
    stack.stack.compose("--profile", "demo", "up", "-d", "--wait", "--wait-timeout", "300")
    return stack


def test_ingest_closes_segments_from_the_platforms_events(demo: TestStack) -> None:
    def counts() -> dict[str, int]:
        segments = json.loads(demo.inside("ingest", "python", "-c", COUNT))
        kinds = {kind for one in segments for kind in one}
        return {kind: sum(one.get(kind, 0) for one in segments) for kind in kinds}

    found = eventually(lambda: (now := counts()).get("recommendation", 0) and now, 300)
    assert found["watch"] > 100_000
    assert found["rating"] > 1_000
    assert found["rejected"] < 0.01 * found["watch"]


def test_both_tracks_answer_the_platforms_requests_and_prometheus_counts_them(demo: TestStack) -> None:
    query = "sum by (track) (marquee_recommendations_total) > 10"
    found = eventually(lambda: len(now := demo.prometheus(query)) == 2 and now, 300)
    counts = {one["metric"]["track"]: float(one["value"][1]) for one in found}
    assert counts["stable"] > counts["canary"] > 0


def test_prometheus_sees_what_ingest_reads(demo: TestStack) -> None:
    assert eventually(lambda: demo.prometheus("sum(marquee_ingest_lines_total) > 100000"), 300)


def test_the_mailbox_answers(demo: TestStack) -> None:
    assert isinstance(get_json(demo.ports["MAILDEV_PORT"], "/email"), list)
