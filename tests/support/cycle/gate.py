"""Facts of a candidate that passes every check of the gate, to be spoilt one at a time."""

from copy import deepcopy
from typing import Any

from auto_deployment.params import load_params
from auto_deployment.training.gate.gate import GateFacts
from tests.support.release.simulation import PARAMS_FILE

SHIPPED_GATE = load_params(PARAMS_FILE).gate
CONTENT = "c" * 64
# Lists that are learnt from a handful of events may change as they like.
ANY_LISTS = {
    "users": 100, "overlap_min": 0.0, "rbo_min": 0.0, "popularity_shift_max": 99.0,
    "genre_distance_max": 1.0, "coverage_factor_max": 99.0,
}  # fmt: skip
NOTHING_KNOWN = {"value": None, "low": None, "high": None}


def estimate(value: float, width: float = 0.01) -> dict[str, Any]:
    """Return a value and an interval around it."""
    return {"value": value, "low": value - width, "high": value + width}


def compared(users: int, challenger: float, champion: float, width: float = 0.01) -> dict[str, Any]:
    """Return what `compare` says of the NDCG of some users."""
    return {
        "users": users,
        "challenger": estimate(challenger),
        "champion": estimate(champion),
        "difference": estimate(challenger - champion, width),
    }


GOOD: dict[str, Any] = {
    "metrics": {
        "rating": {"svd": {"rmse": estimate(0.8)}, "svd_minus_bias": {"rmse": estimate(-0.02)}},
        "ranking": {
            "cutoff": 10,
            "ndcg_compared": {"blend_minus_popularity": estimate(0.06), "blend_minus_count": estimate(0.07)},
            "systems": {"blend": {"coverage": estimate(0.3)}},
        },
        "groups": {},
        "split": {"kind": "per_user", "train": 8000, "test": 2000},
        "data": {
            "ratings": 9000,
            "watches": 4000,
            "users": 600,
            "movies": 300,
            "first_time": "2026-01-01T00:00:07.123456+00:00",
            "last_time": "2026-03-01T10:20:30+00:00",
        },
    },
    "probe": {
        "error": None,
        "content_hash": CONTENT,
        "size_mb": 12.0,
        "load_s": 0.5,
        "users": 1000,
        "personal": 900,
        "answer_ms": 0.4,
        "wrong": 0,
        "commonest": 3,
    },
    "champion": {"version": "20260227T0000-aaaaaaaa", "content_hash": "d" * 64, "source": "it serves"},
    "comparison": {
        "events": 2000,
        "rating": {"users": 500, "pairs": 1500, "ratio": estimate(0.99)},
        "ranking": compared(500, 0.21, 0.2),
        "groups": {
            "gender": {"F": compared(250, 0.2, 0.2), "M": compared(250, 0.22, 0.2)},
            "age": {"18-24": compared(20, 0.1, 0.3)},
        },
    },
    "intake": {"damaged": {}, "drift": {}},
    "new_events": 5000,
    "rejected": {},
}


def gate_facts(**changed: Any) -> GateFacts:
    """Return facts that pass; a name with dots in it, `__` for each dot, is set to another value."""
    facts = deepcopy(GOOD)
    for name, value in changed.items():
        put(facts, name.split("__"), value)
    return GateFacts(**facts)


def put(facts: dict[str, Any], path: list[str], value: Any) -> None:
    """Set one value deep inside of facts."""
    for name in path[:-1]:
        facts = facts[name]
    facts[path[-1]] = value
