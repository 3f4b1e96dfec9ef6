"""Prometheus, asked for a number or for series. No data and no answer are values of their own."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests


@dataclass(frozen=True, slots=True)
class NoData:
    """Prometheus answered, and there is nothing: no series, or not a number."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Prometheus did not answer, or not with a result."""

    reason: str


Answer = float | NoData | Unavailable
Series = dict[float, float]  # seconds since 1970 -> value, which may be NaN


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One server; an answer takes at most some three times `timeout_s`, and none raises."""

    url: str
    timeout_s: float = 5.0

    def value(self, query: str, at: datetime | None = None) -> Answer:
        """Evaluate a query that has one number as its result, now or at a moment."""
        parameters = {"query": query}
        if at is not None:
            parameters["time"] = f"{at.timestamp():.3f}"
        found = self._ask("query", parameters)
        return found if isinstance(found, Unavailable) else _number(found)

    def series(
        self, query: str, begin: datetime, end: datetime, step_s: float
    ) -> dict[str, Series] | Unavailable:
        """Evaluate a query over a time, as series by their `track` label; empty where there is none."""
        span = {"start": f"{begin.timestamp():.3f}", "end": f"{end.timestamp():.3f}", "step": f"{step_s:g}"}
        found = self._ask("query_range", {"query": query, **span})
        return found if isinstance(found, Unavailable) else _series(found)

    def alerts(self) -> Any | Unavailable:
        """Return what fires and is about to, as it stands in the answer."""
        return self._ask("alerts", {})

    def _ask(self, kind: str, parameters: dict[str, str]) -> Any:
        """Return what an answer has as its data, or `Unavailable`."""
        try:
            with requests.Session() as session:
                session.trust_env = False  # it is never behind a proxy
                response = session.get(
                    f"{self.url.rstrip('/')}/api/v1/{kind}",
                    params={**parameters, "timeout": _duration(self.timeout_s)},
                    timeout=self.timeout_s,
                    allow_redirects=False,
                )
                body = response.json()
        except requests.JSONDecodeError:
            return Unavailable(f"status {response.status_code} without JSON")
        except requests.RequestException as error:
            return Unavailable(f"{type(error).__name__}: {error}")
        if not isinstance(body, dict):
            return Unavailable("its answer has another form")
        if response.status_code != 200 or body.get("status") != "success":
            return Unavailable(f"status {response.status_code}: {body.get('error', 'no reason given')}")
        return body.get("data")


def _duration(seconds: float) -> str:
    """Return a length of time as Prometheus reads one: it knows no fractions of a second but in whole ms."""
    return f"{max(round(1000 * seconds), 1)}ms"


def _series(data: Any) -> dict[str, Series] | Unavailable:
    try:
        if data["resultType"] != "matrix":
            return Unavailable(f"a result of type {data['resultType']}")
        return {
            str(one["metric"].get("track", "")): {float(at): float(value) for at, value in one["values"]}
            for one in data["result"]
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return Unavailable("its answer has another form")


def _number(data: Any) -> Answer:
    try:
        kind, result = data["resultType"], data["result"]
        if kind == "vector":
            if not result:
                return NoData("no series")
            if len(result) > 1:
                return Unavailable(f"{len(result)} series where one was asked for")
            sample = result[0]["value"]
        elif kind == "scalar":
            sample = result
        else:
            return Unavailable(f"a result of type {kind}")
        value = float(sample[1])
    except (IndexError, KeyError, TypeError, ValueError):
        return Unavailable("its answer has another form")
    return value if math.isfinite(value) else NoData(f"the value is {sample[1]}")
