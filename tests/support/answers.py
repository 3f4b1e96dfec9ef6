"""Which questions of dashboards and rules the demo must have an answer to, and which not, and why."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from tests.support.metric_names import metrics_by_service
from tests.support.project import PROJECT
from tests.support.release.queries import AskedFor, every_query, read_dashboards

Ask = Callable[[str], list[dict[str, Any]]]

RARE = "damage is 0.1 % of the lines"
NO_RELEASE = "no release has begun in the demo"
NOT_MEASURED = "lists are joined once ingest has closed a segment, and measured after that"
NO_CYCLE = "no retraining cycle has ended in the demo"

NO_DOOR = "the profile grpc does not run in the demo"
NO_SEARCH = "the profile search does not run in the demo"
NO_AGENT = "the profile fleet does not run in the demo"

# Panels that have nothing to show on a healthy system that was just started.
MAY_BE_EMPTY = {
    "feedback: Lists that found their request": "a whole hour has to be over",
    "feedback: This host's clock is ahead by": NOT_MEASURED,
    "feedback: Users who watched from their lists": NOT_MEASURED,
    "feedback: MRR of the first title watched": NOT_MEASURED,
    "feedback: Share of the runtime watched": NOT_MEASURED,
    "feedback: Rating": NOT_MEASURED,
    "feedback: The same list again": NOT_MEASURED,
    "feedback: Coverage": NOT_MEASURED,
    "feedback: Popularity of what was shown": NOT_MEASURED,
    "ingest: Rejected, by reason": RARE,
    "models: Last run": NO_CYCLE,
    "models: Last success": NO_CYCLE,
    "models: RMSE": NO_CYCLE,
    "models: NDCG": NO_CYCLE,
    "models: Coverage": NO_CYCLE,
    "models: Quality of what serves": NO_CYCLE,
    "search: Gateways": NO_SEARCH,
    "search: Index of the newest model": NO_CYCLE,
    "releases: Phase": NO_RELEASE,
    "releases: Verdict": NO_RELEASE,
    "releases: Evidence of the checks, as a logarithm": NO_RELEASE,
    "releases: Checks: value": NO_RELEASE,
    "releases: Checks: limit": NO_RELEASE,
    **{
        f"callers: {panel}": NO_DOOR
        for panel in (
            *("gRPC doors up", "Calls", "Failed", "Too late", "Failed calls"),
            *("Calls that came too late", "Slowest hundredth of lists"),
        )
    },
    **{f"{board}: Ends of releases": NO_RELEASE for board in read_dashboards()},
}
# An alert has no answer while it is quiet, but the metrics it stands on must be there.
MAY_BE_MISSING = {
    "marquee_feedback_joined_ratio": "shown once a whole hour is over",
    "marquee_feedback_clock_difference_seconds": "shown once lists have been joined",
    "marquee_ingest_lag_lines": "shown once a partition has been read",
    "marquee_retrain_index_info": NO_CYCLE,
    "fleet_node:asked_here:last1d": NO_AGENT,
    "rpc:calls:rate5m": NO_DOOR,
    "rpc:errors:ratio5m": NO_DOOR,
    "rpc:late:ratio5m": NO_DOOR,
    "rpc:recommend_seconds:p99_5m": NO_DOOR,
}


def is_number(sample: dict[str, Any]) -> bool:
    return not math.isnan(float(sample["value"][1]))


def not_composed() -> set[str]:
    """Return the metrics of services that neither Compose nor the demo starts."""
    services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))["services"]
    started = {name for name, one in services.items() if "demo" in one.get("profiles", ["demo"])}
    silent = metrics_by_service().keys() - started - {"app"}
    return {metric for service in silent for metric in metrics_by_service()[service]}


def missing(ask: Ask) -> list[str]:
    """Return what should have an answer and has none; a query that errs fails in `ask`."""
    silent = not_composed()
    return [line for asked in every_query() for line in _missing(ask, asked, silent)]


def _missing(ask: Ask, asked: AskedFor, silent: set[str]) -> Iterator[str]:
    answered = any(is_number(sample) for sample in ask(asked.filled()))
    if asked.where.startswith("alert "):
        for metric in sorted(asked.metrics() - silent - MAY_BE_MISSING.keys()):
            if not ask(f"count({metric})"):
                yield f"{asked.where}: no series {metric}"
    elif not (answered or asked.where in MAY_BE_EMPTY or asked.metrics() & silent):
        yield f"{asked.where}: empty"
