"""Everything that is shown of the newest release, read from where it lies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auto_deployment.edge.nginx_config import TrafficParams
from auto_deployment.paths import FeedbackLayout, Paths
from auto_deployment.release.judge.judgement import Judgement
from auto_deployment.release.judge.ticks import CANARY, STABLE
from auto_deployment.release.online.reader import NO_MEASURES, NotMeasured, Online, OnlineReader
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.reconcile import CANARY_NAME, Traffic
from auto_deployment.release.records import read_serving
from auto_deployment.release.status import ReleaseStatus
from auto_deployment.release.store import Record


@dataclass(frozen=True, slots=True)
class Look:
    """Where to look. `traffic` reads what NGINX was told."""

    paths: Paths
    release: ReleaseParams
    weights: TrafficParams
    needs_approval: bool
    traffic: Callable[[], Traffic]

    def at(self, record: Record | None, now: datetime, judged: Judgement | None = None) -> ReleaseStatus:
        """Return the state of a release. What NGINX is told is about the newest."""
        traffic, serving = self.traffic(), read_serving(self.paths)
        stables = len(traffic.names - {CANARY_NAME})
        canary = self.weights.canary_weight if CANARY_NAME in traffic.names else 0
        return ReleaseStatus(
            now=now,
            serving=serving.release if serving else None,
            record=record,
            traffic=traffic,
            weights={STABLE: self.weights.stable_weight * stables, CANARY: canary},
            params=self.release,
            needs_approval=self.needs_approval,
            online=self.online(record),
            judged=judged,
        )

    def online(self, record: Record | None) -> Online:
        """Return what is known of a release's lists: the newest file, else what its record kept."""
        if record is None:
            return NO_MEASURES
        found = OnlineReader(FeedbackLayout(self.paths.feedback).measures).read(record.release.id)
        return record.online if isinstance(found, NotMeasured) and record.online else found
