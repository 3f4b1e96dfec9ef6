"""`docker compose --profile demo up -d --wait`: a platform with events and requests."""

import json
from datetime import UTC, datetime

import pytest

from tests.support.http import Reply, get
from tests.support.systems.stack import TestStack, get_json
from tests.support.waiting import NeverError, eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

# What the newest segments hold, read with the tools of the worker's own image.
COUNT = """
import json, pathlib, auto_deployment.dataset.segments as s
found = s.list_segments(pathlib.Path("/data/segments"))
print(json.dumps([one.meta.counts for one in found]))
"""

# A platform's lines, from the arguments, on their way to ingest.
TELL = """
import sys, kafka
producer = kafka.KafkaProducer(bootstrap_servers="kafka:9092")
for line in sys.argv[1:]:
    producer.send("movielog", line.encode())
producer.flush()
"""
SOON_S = 5
KNOWN, NEWCOMER = (42, 43, 44), 900_001  # the platform has 2,000 users
WHOLE = range(200)  # minutes: no movie of the platform is longer


def tell(demo: TestStack, user: int, minutes: range, *titles: str) -> None:
    """Tell Kafka that a user watches titles now."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S},{user},GET /data/m"
    lines = [f"{now}/{title}/{minute}.mpg" for title in titles for minute in minutes]
    demo.inside("ingest", "python", "-c", TELL, *lines)


def listed(demo: TestStack, user: int) -> tuple[Reply, list[str]]:
    answer = get(demo.port, f"/recommend/{user}")
    assert answer.status == 200
    return answer, answer.body.decode().split(",")


def gone_soon(demo: TestStack, user: int) -> bool:
    """Tell whether a title that its user begins leaves the list soon."""
    title = listed(demo, user)[1][0]
    tell(demo, user, range(1), title)
    try:
        return bool(eventually(lambda: title not in listed(demo, user)[1], SOON_S))
    except NeverError:
        return False


def test_a_title_that_is_watched_is_gone_from_its_users_list_within_5_s(demo: TestStack) -> None:
    # One of three: images may be built on this machine meanwhile.
    assert any(gone_soon(demo, user) for user in KNOWN)


def test_a_newcomer_with_three_watches_has_a_list_of_his_own(demo: TestStack) -> None:
    answer, popular = listed(demo, NEWCOMER)
    assert answer.headers["x-recommendation-source"] == "popular"
    watched = popular[:3]
    tell(demo, NEWCOMER, WHOLE, *watched)

    def own() -> list[str]:
        answer, titles = listed(demo, NEWCOMER)
        is_own = answer.headers["x-recommendation-source"] == "personal"
        return titles if is_own and set(titles).isdisjoint(watched) else []  # they come one after the other

    assert eventually(own)[:10] != popular[3:13]  # not what is left of everybody's


def test_ingest_closes_segments_from_the_platforms_events(demo: TestStack) -> None:
    def counts() -> dict[str, int]:
        segments = json.loads(demo.inside("ingest", "python", "-c", COUNT))
        kinds = {kind for one in segments for kind in one}
        return {kind: sum(one.get(kind, 0) for one in segments) for kind in kinds}

    enough = {"watch": 100_000, "rating": 1_000, "recommendation": 1}

    def all_kinds() -> dict[str, int]:
        now = counts()
        return now if all(now.get(kind, 0) >= least for kind, least in enough.items()) else {}

    found = eventually(all_kinds, 300)
    assert found["rejected"] < 0.01 * found["watch"]


def test_both_tracks_answer_the_platforms_requests_and_prometheus_counts_them(demo: TestStack) -> None:
    query = "sum by (track) (marquee_recommendations_total) > 10"
    found = eventually(lambda: len(now := demo.prometheus(query)) == 2 and now, 300)
    counts = {one["metric"]["track"]: float(one["value"][1]) for one in found}
    assert counts["stable"] > counts["canary"] > 0


def test_prometheus_sees_what_ingest_reads(demo: TestStack) -> None:
    assert eventually(lambda: demo.prometheus("sum(marquee_ingest_lines_total) > 100000"), 300)


def test_lists_of_both_tracks_are_joined_with_what_the_platform_tells_and_are_watched(
    demo: TestStack,
) -> None:
    def found() -> dict[str, tuple[int, int]]:
        report = json.loads(demo.inside("feedback-join", "marquee", "feedback", "report", "--json"))
        lines = report["lines"]
        assert lines.get("stream_partner_taken", 0) + lines.get("edge_partner_taken", 0) < 10
        tracks = [one for one in report["groups"] if one["by"] == "track"]
        return {one["value"]: (one["impressions"], one["watches"]) for one in tracks if one["watches"]}

    # What a segment has is joined 20 s later at the most.
    lists = eventually(lambda: {"stable", "canary"} <= set(now := found()) and now, 900, step_s=5)
    assert lists["stable"] > lists["canary"]


def subjects(demo: TestStack) -> list[str]:
    return [str(mail["subject"]) for mail in get_json(demo.ports["MAILDEV_PORT"], "/email")]


def test_the_mailbox_gets_mails_without_any_variable(demo: TestStack) -> None:
    for service in ("scheduler", "controller"):
        demo.inside(service, "marquee", "mail", "test")
    eventually(lambda: sum(one.startswith("Test of Marquee's mails") for one in subjects(demo)) == 2)
    page = "/api/v2/status"
    eventually(
        lambda: "you@localhost" in get_json(demo.ports["ALERTMANAGER_PORT"], page)["config"]["original"]
    )


# On this little data SVD may or may not beat the biases; everything else is as shipped.
RETRAIN = (
    "sed 's/bias_margin: 0.0/bias_margin: -0.05/' /srv/params.yaml >/tmp/p.yaml && "
    "PARAMS_FILE=/tmp/p.yaml marquee retrain"
)


def test_a_model_of_these_events_is_published_and_can_be_had_for_an_image(demo: TestStack) -> None:
    eventually(
        lambda: demo.inside("ingest", "sh", "-c", "ls /data/segments/*.parquet | wc -l").strip() != "0", 300
    )
    # It comes last on a busy host, and the images that other tests need are built meanwhile.
    said = demo.inside("scheduler", "sh", "-c", RETRAIN, timeout_s=1200)
    version = said.removeprefix("published: ").split()[0]
    assert said == f"published: {version} is published."
    assert "partition 0: offsets 0 to" in demo.inside("scheduler", "marquee", "provenance", version)
    demo.inside("scheduler", "marquee", "fetch", "--out", "/tmp/model")
    manifest = json.loads(demo.inside("scheduler", "cat", "/tmp/model/manifest.json"))
    assert manifest["version"] == version
    assert manifest["gate"]["passed"] is True
    eventually(lambda: any(one.startswith(f"Published: model {version}") for one in subjects(demo)))
