"""Every query that a person or an alert depends on, and the metrics that it names."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.project import PROJECT
from tests.support.rules import read_rules

DASHBOARDS = PROJECT / "monitoring" / "grafana" / "dashboards"
# What Grafana puts in; "All" is every track.
VARIABLES = {"$track": ".*", "$__rate_interval": "1m", "$__range": "6h", "$__interval": "30s"}

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|' r"'(?:[^'\\]|\\.)*'")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_BRACES = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_NAME = re.compile(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])")
_WORDS = {"and", "or", "unless", "bool", "offset", "by", "inf", "nan"}


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A query and where it stands: `releases: Phase` or `alert InstanceDown`."""

    where: str
    expr: str

    def filled(self) -> str:
        """Return what Prometheus is asked when a person opens the dashboard."""
        expr = self.expr
        for variable, value in VARIABLES.items():
            expr = expr.replace(variable, value)
        return expr

    def metrics(self) -> set[str]:
        """Return the metrics it names."""
        bare = _GROUPING.sub(" ", _BRACES.sub(" ", _STRING.sub('""', self.expr)))
        return set(_NAME.findall(bare)) - _WORDS


def read_dashboards() -> dict[str, Any]:
    """Return the files that Grafana reads."""
    return {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(DASHBOARDS.glob("*.json"))}


def every_query() -> list[AskedFor]:
    """Return the queries of all dashboards, with their variables and marks, and of all rules."""
    found = list(_of_dashboards())
    found += [AskedFor(f"alert {rule.name}", rule.expr) for rule in read_rules() if rule.alert]
    found += [AskedFor(f"rule {rule.name}", rule.expr) for rule in read_rules() if rule.record]
    return found


def _of_dashboards() -> Iterator[AskedFor]:
    for name, content in read_dashboards().items():
        for panel in content["panels"]:
            for target in panel.get("targets", []):
                yield AskedFor(f"{name}: {panel['title']}", target["expr"])
        for mark in content["annotations"]["list"]:
            yield AskedFor(f"{name}: {mark['name']}", mark["expr"])
        for variable in content["templating"]["list"]:
            inner = re.fullmatch(r"label_values\((.+), \w+\)", variable["definition"])
            assert inner, variable
            yield AskedFor(f"{name}: variable {variable['name']}", inner[1])
