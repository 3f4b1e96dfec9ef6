"""Mean durations of successful recommend requests where no Prometheus runs: the instances' own counters."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from auto_deployment.host.files import StagedFile
from auto_deployment.local.instances import CANARY, Instance
from auto_deployment.release.judge.ticks import TRACKS
from auto_deployment.release.observe.measurements import Measurements

HISTOGRAM = "flask_http_request_duration_seconds"
LABELS = {"url_rule": "/recommend/<user>", "status": "200"}
TIMEOUT_S = 2.0
KEPT = timedelta(days=12)  # longer than a window can be made


@dataclass(frozen=True, slots=True)
class Spent:
    """What one instance's counter says: seconds in all, and requests."""

    seconds: float = 0.0
    requests: float = 0.0

    def since(self, before: "Spent") -> "Spent":
        """Return the increase; a process that was started anew has counted from zero."""
        if self.requests < before.requests or self.seconds < before.seconds:
            return self
        return Spent(self.seconds - before.seconds, self.requests - before.requests)


class InstanceMetrics:
    """Adds up increases, as PromQL's `increase` does; they lie in `file`, so that a restart loses none."""

    def __init__(self, instances: Sequence[Instance], file: Path) -> None:
        self._instances, self._file = instances, file
        self._last: dict[str, Spent] = {}

    def measure(self, window_s: float, now: datetime) -> Measurements:
        """Return the mean by track over the window that ends now.

        The first look at an instance is where counting begins. A canary that does not answer has no metrics.
        """
        rows, silent = self._rows(now), set()
        for instance in self._instances:
            spent = read_spent(instance)
            if spent is None:
                silent.add(instance.track)
                continue
            more = spent.since(self._last.get(instance.name, spent))
            rows.append((now.timestamp(), instance.track, more.seconds, more.requests))
            self._last[instance.name] = spent
        self._write(rows)
        begin = now.timestamp() - window_s
        means = {track: _mean_ms([row for row in rows if row[0] > begin], track) for track in TRACKS}
        if CANARY in silent:
            return Measurements(means, False, "The canary does not show its metrics.")
        return Measurements(means, True, "")

    def _rows(self, now: datetime) -> list[tuple[float, str, float, float]]:
        try:
            found = json.loads(self._file.read_bytes())
            rows = [(float(at), str(track), float(s), float(n)) for at, track, s, n in found]
        except (OSError, TypeError, ValueError):
            return []  # none yet; a damaged one is no evidence
        oldest = (now - KEPT).timestamp()
        return [row for row in rows if row[0] >= oldest]

    def _write(self, rows: Sequence[tuple[float, str, float, float]]) -> None:
        with StagedFile(self._file) as staged:
            staged.file.write(json.dumps(rows).encode())
            staged.publish()


def read_spent(instance: Instance) -> Spent | None:
    """Ask an instance for its metrics; None where it does not answer."""
    connection = http.client.HTTPConnection(instance.host, instance.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        return None
    try:
        return spent_in(text)
    except ValueError:
        return None  # a page of something else


def spent_in(text: str) -> Spent:
    """Add up the histogram of an instance's page; raise `ValueError` when it is no such page."""
    found = {"_sum": 0.0, "_count": 0.0}
    for family in text_string_to_metric_families(text):
        if family.name == HISTOGRAM:
            for sample in family.samples:
                part = sample.name.removeprefix(HISTOGRAM)
                if part in found and LABELS.items() <= sample.labels.items():
                    found[part] += sample.value
    return Spent(found["_sum"], found["_count"])


def _mean_ms(rows: Sequence[tuple[float, str, float, float]], track: str) -> float | None:
    seconds = sum(row[2] for row in rows if row[1] == track)
    requests = sum(row[3] for row in rows if row[1] == track)
    return 1000 * seconds / requests if requests else None
