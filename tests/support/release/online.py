"""Files of measures as `feedback join` writes them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.release.world import NEW, START

NOTHING = {"value": None, "low": None, "high": None}


def group(by: str, value: str, users: int, hit_rate: float) -> dict[str, Any]:
    """Return the measures of one group, with nothing rated."""
    rate = {"value": hit_rate, "low": hit_rate - 0.01, "high": hit_rate + 0.02}
    return {
        "by": by, "value": value, "impressions": 3 * users, "users": users, "watches": 7,
        "estimates": {
            "hit_rate": rate, "mrr": {**rate, "value": 0.0512}, "share_watched": rate, "rating": NOTHING,
            "repeated": {"value": 0.5, "low": None, "high": None},
        },
        "coverage": 0.25, "titles_unknown": 2, "popularity": 0.875,
    }  # fmt: skip


def content(as_of: datetime = START, release: str = NEW.release) -> dict[str, Any]:
    """Return what was measured of a release that was a canary for two hours."""
    span = {"since": (as_of - timedelta(hours=2)).isoformat(), "until": as_of.isoformat()}
    groups = [
        group("all", "all", 212, 0.123),
        group("gender", "F", 100, 0.14),
        group("age", "25-34", 90, 0.11),
    ]
    tracks = [group("track", "canary", 212, 0.123), group("track", "stable", 871, 0.119)]
    return {
        "format": 1, "release": release, **span, "lines": {"joined": 640}, "clock_difference_s": 0.25,
        "groups": groups, "as_canary": {**span, "tracks": tracks}, "as_of": as_of.isoformat(),
    }  # fmt: skip


def put(folder: Path, what: object, release: str = NEW.release) -> Path:
    """Write a file of measures; text stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{release}.json"
    path.write_text(what if isinstance(what, str) else json.dumps(what), "utf-8")
    return path
