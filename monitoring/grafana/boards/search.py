"""Search by words: what becomes of questions, how long they take, which index answers, and who is there."""

from monitoring.grafana.boards.common import growth, rate
from monitoring.grafana.panels import Dashboard, Row, lines, number

OF_TRACK = 'track=~"$track|"'  # search has no tracks; the choice is there on every dashboard
GIVEN = 'outcome=~"answered|partial"'

SEARCH = Dashboard(
    "search",
    "Search",
    "Does search answer, wholly, with the newest index? Empty without the profile search: docs/search.md.",
    (
        number("Gateways", (f'sum(up{{job="search",{OF_TRACK}}})', "answer"), good_at=1),
        number(
            "Shards",
            ("min(marquee_search_shards_up)", "reached"),
            ("max(marquee_search_shards_known)", "known"),
        ),
        number(
            "Questions",
            ("sum(rate(marquee_search_requests_total[5m]))", "a second"),
            unit="reqps",
        ),
        number(
            "Partial answers",
            (
                "sum(rate(marquee_search_partial_total[5m])) / "
                f"sum(rate(marquee_search_requests_total{{{GIVEN}}}[5m]))",
                "of all",
            ),
            unit="percentunit",
            warn_at=0.001,
            bad_at=0.05,
        ),
        number(
            "95th percentile",
            (
                "histogram_quantile(0.95, sum by (le) (rate(marquee_search_request_seconds_bucket[5m])))",
                "of all answers",
            ),
            unit="s",
            warn_at=0.1,
            bad_at=0.25,
        ),
        number(
            "Age of the index",
            ("time() - max(marquee_search_index_built_timestamp_seconds)", "since built or brought here"),
            unit="s",
            text="An index stays as it is while the catalogue does.",
        ),
        Row("Questions"),
        lines(
            "Questions, by what became of them",
            (rate("marquee_search_requests_total", "outcome"), "{{outcome}}"),
            unit="reqps",
            width=12,
        ),
        lines(
            "Time until an answer was ready",
            (
                "histogram_quantile(0.5, sum by (le) (rate(marquee_search_request_seconds_bucket[5m])))",
                "half",
            ),
            (
                "histogram_quantile(0.99, sum by (le) (rate(marquee_search_request_seconds_bucket[5m])))",
                "99 of 100",
            ),
            unit="s",
            bad_at=0.25,
            width=12,
        ),
        lines(
            "Partial answers in an hour",
            (growth("marquee_search_partial_total", "instance", window="1h"), "{{instance}}"),
            bad_at=1,
        ),
        lines(
            "Orders for users, by what became of them",
            (rate("marquee_search_personal_total", "outcome"), "{{outcome}}"),
            unit="reqps",
        ),
        Row("Index and shards"),
        lines("Index in use", ("marquee_search_index_info", "{{version}}"), highest=1, width=12),
        lines(
            "Index of the newest model",
            ("marquee_retrain_index_info", "{{version}}"),
            highest=1,
            width=12,
        ),
        lines(
            "Shards reached",
            ("marquee_search_shards_up", "{{instance}} reaches"),
            ("marquee_search_shards_known", "{{instance}} knows"),
        ),
        lines("Indexes held", ("marquee_search_shard_index_info", "{{service}} {{version}}"), highest=1),
        lines("Indexes refused", ("marquee_search_indexes_refused", "{{instance}}"), bad_at=1),
    ),
)
