"""The rules of Prometheus and their tests, as they are in the repository."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.support.project import PROJECT

PROMETHEUS = PROJECT / "monitoring" / "prometheus"
_NAMED_ALERT = re.compile(r'ALERTS\{alertname="(\w+)"')


@dataclass(frozen=True, slots=True)
class Rule:
    """A recording rule (`record` set) or an alert (`alert` set)."""

    expr: str
    record: str = ""
    alert: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.record or self.alert


def read_rules() -> Iterator[Rule]:
    """Return every rule of every file."""
    for file in sorted((PROMETHEUS / "rules").glob("*.yml")):
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]:
            for rule in group["rules"]:
                known = {key: rule[key] for key in Rule.__slots__ if key in rule}
                yield Rule(**known)


def read_alerts() -> list[Rule]:
    return [rule for rule in read_rules() if rule.alert]


def alerts_under_test() -> tuple[set[str], set[str]]:
    """Return the alerts that some test sees come, and those that some test sees stay away."""
    come: set[str] = set()
    stay_away: set[str] = set()
    for file in sorted((PROMETHEUS / "tests").glob("*.yml")):
        for case in yaml.safe_load(file.read_text("utf-8"))["tests"]:
            for test in case.get("alert_rule_test", []):
                (come if test.get("exp_alerts") else stay_away).add(test["alertname"])
            come.update(_seen_to_come(case.get("promql_expr_test", [])))
    return come, stay_away


def _seen_to_come(tests: list[dict[str, Any]]) -> Iterator[str]:
    for test in tests:
        if any(sample["value"] > 0 for sample in test.get("exp_samples", [])):
            yield from _NAMED_ALERT.findall(test["expr"])
