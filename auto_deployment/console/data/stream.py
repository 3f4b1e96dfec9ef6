"""How ingest is doing, as Prometheus says."""

from collections.abc import Callable

from auto_deployment.console.text import why_away
from auto_deployment.host.durations import duration
from auto_deployment.release.observe.prometheus import NoData, Prometheus, Unavailable

NOT_KNOWN = "not known"
QUESTIONS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("Broker", "min(marquee_ingest_connected)", lambda value: "reached" if value else "not reached"),
    ("Last line", "min(marquee_ingest_last_line_age_seconds)", lambda value: f"{duration(value)} ago"),
    ("Lag", "sum(marquee_ingest_lag_lines)", lambda value: f"{value:,.0f} lines wait in the broker"),
    ("Lag in time", "sum(ingest:lag_seconds:estimate)", lambda value: f"some {duration(value)} at this pace"),
    ("Pace", "ingest:lines:rate5m", lambda value: f"{value:,.1f} lines a second, over five minutes"),
    ("Rejected lately", "ingest:rejected:ratio10m", lambda value: f"{value:.2%}, over ten minutes"),
    ("Not in a segment yet", "sum(marquee_ingest_open_batch_lines)", lambda value: f"{value:,.0f} lines"),
)


def stream_facts(prometheus: Prometheus | None) -> tuple[list[tuple[str, str]], str]:
    """Return what is known as title and words, and why that is nothing."""
    if prometheus is None:
        return [], "How far behind ingest is, is not known: there is no Prometheus here."
    facts = []
    for title, query, words in QUESTIONS:
        answer = prometheus.value(query)
        if isinstance(answer, Unavailable):
            return (
                [],
                f"How far behind ingest is, is not known: Prometheus does not answer ({why_away(answer)}).",
            )
        facts.append((title, NOT_KNOWN if isinstance(answer, NoData) else words(answer)))
    return facts, ""
