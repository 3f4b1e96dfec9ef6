"""What several dashboards ask for."""

from monitoring.grafana.panels import Panel, Query

OF_TRACK = 'track=~"$track"'


def rate(metric: str, by: str, matchers: str = "") -> str:
    """Return how fast a counter grows, in a second, by labels."""
    return f"sum by ({by}) (rate({metric}{{{matchers}}}[$__rate_interval]))"


def growth(metric: str, by: str, matchers: str = "", window: str = "$__rate_interval") -> str:
    """Return how much a counter grows in a window, by labels."""
    return f"sum by ({by}) (increase({metric}{{{matchers}}}[{window}]))"


def mean(histogram: str, by: str, matchers: str, window: str) -> str:
    """Return the mean of what a histogram has seen in a window, by labels."""
    total, count = (growth(f"{histogram}_{part}", by, matchers, window) for part in ("sum", "count"))
    return f"{total} / {count}"


WHAT_IS_SERVED = Panel(
    "What is served",
    (Query(f"max by (service, track, model_version, release) (marquee_model_info{{{OF_TRACK}}} == 1)"),),
    kind="table",
    width=16,
    height=6,
)
