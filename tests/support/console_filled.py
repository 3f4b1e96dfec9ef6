"""A data directory in which every page of the console has something to show, hostile text among it."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

from auto_deployment.commands.mail.examples import all_examples
from auto_deployment.config.addresses import LocalAddresses
from auto_deployment.dataset.events import Rating
from auto_deployment.ingest.drift.drift import Finding, History, Sample
from auto_deployment.ingest.drift.file import save_history
from auto_deployment.ingest.drift.findings import add_findings
from auto_deployment.local.instances import instances
from auto_deployment.local.releases.edge import LocalEdge
from auto_deployment.params import load_params
from auto_deployment.paths import Paths, RunLayout
from auto_deployment.release.reconcile import NAMES, Traffic
from auto_deployment.release.release import Action, Phase
from tests.support.console import (
    HERE,
    HOSTILE,
    NEW,
    OLD,
    PROFILE,
    WAITING,
    alert,
    publish,
    put_mail,
    rejects,
    train_here,
    wait_for_a_person,
)  # fmt: skip
from tests.support.ingest.segments import write_segment
from tests.support.project import PROJECT
from tests.support.prometheus import FakePrometheus
from tests.support.release.world import World, build

LISTS = f"<h1>Ten users</h1><p>{HOSTILE}</p>"
MINUTE_S = 60.0
MAILS = 4
HOURS = 5  # for which the release under way has been watched
PARAMS = load_params(PROJECT / "params.yaml")
# What each series has as its middle; of whose other values none is far.
SERIES = {
    "track:answers:rate5m": 40.0, "track:errors:ratio5m": 0.001, "track:recommend_seconds:mean5m": 0.004,
    "track:recommend_seconds:p95_5m": 0.011, "track:popular:ratio5m": 0.05, "edge:unanswered:rate2m": 0.02,
    "marquee_ingest_last_line_age_seconds": 3.0,
}  # fmt: skip


def fill(root: Path) -> Mapping[str, str]:
    """Write everything; return an address for each page that has a changing part in its own."""
    paths = Paths(root)
    versions(paths)
    past = releases(root)
    mails(paths)
    data(paths)
    return {
        "past_release": f"/releases/{past}",
        "compare": f"/models/compare?one={OLD}&other={NEW}",
        "version": f"/models/{NEW}",
        "version_gate": f"/models/{NEW}/gate",
        "version_lists": f"/models/{WAITING}/lists",
        "version_report": f"/models/{HERE}/report",
        "quarantine_lines": "/data/quarantine/kafka-a",
        "mail": put_mail(paths, "sent", "hostile", subject=HOSTILE, text=HOSTILE, html=HOSTILE),
    }


def versions(paths: Paths) -> None:
    """Leave a version of each kind, one of them with hostile facts."""
    profile = {"data/metrics/profile.json": json.dumps(PROFILE), "data/gate/lists.html": LISTS}
    measures = {"rmse": 0.88, "ndcg_at_10": 0.11, "ndcg_at_10_popularity": 0.05}
    publish(paths, OLD, profile, metrics=measures)
    hostile = {"parameters": {"train": {"seed": 43, HOSTILE: HOSTILE}}, "code_revision": "abc1234"}
    publish(paths, NEW, profile, metrics={**measures, "rmse": 0.86, "ndcg_at_10": 0.13}, **hostile)
    wait_for_a_person(paths, WAITING, {"data/gate/lists.html": LISTS})
    train_here(paths, HERE)


def releases(root: Path) -> str:
    """Leave a promoted, an aborted and a baking release; return the key of the aborted one."""
    now = datetime.now(UTC)
    world = World(root, PARAMS.release)
    world.now = now - timedelta(days=3)
    world.deploy(build(OLD))
    world.until(Phase.BAKING, seconds=MINUTE_S)
    world.say(Action.PROMOTE, reason="urgent")
    world.until(Phase.PROMOTED, seconds=MINUTE_S)
    world.settle()
    world.deploy(build("v2"))
    world.until(Phase.BAKING, seconds=MINUTE_S)
    world.polls(10, MINUTE_S)
    world.say(Action.ABORT, by=HOSTILE, reason=HOSTILE)
    world.until(Phase.ABORTED, seconds=MINUTE_S)
    world.settle()
    world.now = now - timedelta(hours=HOURS)
    world.deploy(build(NEW))
    world.until(Phase.BAKING, seconds=MINUTE_S)
    while world.now < now - timedelta(minutes=2):
        hours = world.now.timestamp() / 3600
        world.metrics.mean_ms = {"stable": 4 + math.sin(hours), "canary": 4.4 + math.sin(hours + 0.3)}
        world.poll(2 * MINUTE_S)
    tell_nginx(RunLayout.below(world.paths.run).upstream_conf)
    return world.store.keys()[1]


def tell_nginx(upstream: Path) -> None:
    """Write what NGINX is told while a canary is tried."""
    upstream.parent.mkdir(parents=True)
    edge = LocalEdge(upstream, instances(LocalAddresses()), PARAMS.traffic, lambda: None, lambda: None)
    edge.write(Traffic(frozenset(NAMES), f"{NEW}-abc1234"))


def mails(paths: Paths) -> None:
    """Leave some mails, of each state."""
    for name, mail in islice(all_examples(), MAILS):
        content = {"subject": mail.subject, "text": mail.text, "html": mail.html, "images": mail.images}
        put_mail(paths, "waiting" if name == "approval" else "sent", mail.key, at=mail.at, **content)
    progress: dict[str, object] = {
        "attempts": 3,
        "next_try": None,
        "delivered": [],
        "on_the_way": False,
        "said": "",
    }
    put_mail(paths, "refused", "refused", {**progress, "refused": {"night@example.org": f"550 {HOSTILE}"}})


def data(paths: Paths) -> None:
    """Leave segments, rejected lines and drift."""
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    for number in range(3):
        ratings = [Rating(noon + timedelta(minutes=at), at, "the+door+2016", 4.0) for at in range(50)]
        write_segment(paths.segments, f"file-{number:016x}-0000", ratings)
    lines = [(b"2026-03-05T12:00:00,%d,GET /rate/the+door+2016=9" % user, "rating") for user in range(60)]
    rejects(paths, "kafka-a", [(HOSTILE.encode() + b"\x00\xff" + b"x" * 4000, "encoding"), *lines])
    days = {
        date(2026, 3, day): Sample({"rating": 900 + 20 * day, "rejected": 10}, 900, 3600.0, 15000.0)
        for day in range(1, 6)
    }
    save_history(paths.drift_history, History(days))
    add_findings(paths.drift_findings, {"rating_share": Finding(0.5, 0.25, 1000)}, noon, 7)


def answer(fake: FakePrometheus) -> None:
    """Let a Prometheus have an hour of every series, and alerts."""
    fake.body_of = _body


def _body(path: str, asked: Mapping[str, str]) -> bytes:
    if path.endswith("alerts"):
        firing = alert("EdgeDown", service="nginx"), alert("IngestStale", "pending", "warning")
        found: object = {"alerts": [*firing, alert(HOSTILE, service=HOSTILE)]}
    elif path.endswith("query_range"):
        found = {"resultType": "matrix", "result": [_series(track, asked) for track in ("stable", "canary")]}
    else:
        found = {"resultType": "vector", "result": [{"metric": {}, "value": [0, "90"]}]}
    return json.dumps({"status": "success", "data": found}).encode()


def _series(track: str, asked: Mapping[str, str]) -> dict[str, object]:
    begin, end, step = (float(asked[name]) for name in ("start", "end", "step"))
    middle = SERIES[asked["query"]] * (1 if track == "stable" else 0.9)
    moments = [begin + at * step for at in range(int((end - begin) / step) + 1)]
    return {
        "metric": {"track": track},
        "values": [
            [at, str(middle * (1 + 0.1 * math.sin(at / 500 + len(track) * middle)))] for at in moments
        ],
    }
