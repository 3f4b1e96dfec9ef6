"""Made-up online measures for the examples of mails."""

from datetime import datetime

from auto_deployment.release.online.reader import AsCanary, Bounds, OnlineGroup, OnlineMeasures


def measures(release: str, since: datetime, until: datetime, canary_hit_rate: float) -> OnlineMeasures:
    """Return what both tracks' lists were worth; stable's are always the same."""
    tracks = (
        _track("stable", 29_812, 0.221, 0.0613, 0.52, 3.71),
        _track("canary", 7_431, canary_hit_rate, 0.28 * canary_hit_rate, 0.54, 3.78),
    )
    return OnlineMeasures(release, since, until, until, (), AsCanary(since, until, tracks))


def _track(name: str, users: int, hit_rate: float, mrr: float, share: float, rating: float) -> OnlineGroup:
    wide = 0.9 / users**0.5
    estimates = {
        "hit_rate": _bounds(hit_rate, wide),
        "mrr": _bounds(mrr, wide / 4),
        "share_watched": _bounds(share, wide),
        "rating": _bounds(rating, 5 * wide),
        "repeated": _bounds(0.31, wide),
    }
    return OnlineGroup("track", name, 4 * users, users, round(1.3 * hit_rate * users), estimates, 0.43, 0.88)


def _bounds(value: float, wide: float) -> Bounds:
    return {"value": value, "low": value - wide, "high": value + wide}
