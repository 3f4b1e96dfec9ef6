"""`release status`: where the release stands, why, and what comes next."""

import argparse
import json
import sys
import time

from auto_deployment.commands.release.shared import now, store
from auto_deployment.config import Settings
from auto_deployment.local.instances import instances
from auto_deployment.local.releases.edge import local_traffic
from auto_deployment.params import TrafficParams, load_params
from auto_deployment.paths import FeedbackLayout, Paths, RunLayout
from auto_deployment.release.containers.docker import Docker
from auto_deployment.release.containers.nginx import NginxContainer
from auto_deployment.release.judge.ticks import CANARY, STABLE
from auto_deployment.release.online.reader import NO_MEASURES, NotMeasured, Online, OnlineReader
from auto_deployment.release.reconcile import CANARY_NAME, Traffic
from auto_deployment.release.records import read_serving
from auto_deployment.release.status import ReleaseStatus, to_json, tree
from auto_deployment.release.store import Record

EVERY_S = 2.0
CLEAR = "\x1b[H\x1b[2J"


def configure(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--watch", action="store_true", help="draw it again every two seconds, until Ctrl-C")
    form.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print it; return 0 promoted or nothing to do, 3 aborted, 4 superseded, 5 inconclusive, 10 under way."""
    status = _look(settings)
    while args.watch:
        sys.stdout.write(CLEAR + tree(status))
        sys.stdout.flush()
        time.sleep(EVERY_S)
        status = _look(settings)
    sys.stdout.write(json.dumps(to_json(status), indent=1) + "\n" if args.json else tree(status))
    return status.exit_status()


def _look(settings: Settings) -> ReleaseStatus:
    params = load_params(settings.params_file)
    traffic, serving = _traffic(settings, params.traffic), read_serving(Paths(settings.data_dir))
    stables = len(traffic.names - {CANARY_NAME})
    canary = params.traffic.canary_weight if CANARY_NAME in traffic.names else 0
    record = store(settings).newest()
    return ReleaseStatus(
        now=now(),
        serving=serving.release if serving else None,
        record=record,
        traffic=traffic,
        weights={STABLE: params.traffic.stable_weight * stables, CANARY: canary},
        params=params.release,
        needs_approval=settings.controller.needs_approval,
        online=_online(settings, record),
    )


def _online(settings: Settings, record: Record | None) -> Online:
    """Return what is known of the release's lists: the newest file, else what its record kept."""
    reader = OnlineReader(FeedbackLayout(Paths(settings.data_dir).feedback).measures)
    if record is None:
        return NO_MEASURES
    found = reader.read(record.release.id)
    return record.online if isinstance(found, NotMeasured) and record.online else found


def _traffic(settings: Settings, params: TrafficParams) -> Traffic:
    if settings.controller.in_containers:
        return NginxContainer(Docker(), "", settings.controller.edge_dir / "upstream", params).read()
    layout = RunLayout.below(Paths(settings.data_dir).run)
    return local_traffic(layout.upstream_conf, instances(settings.local))
