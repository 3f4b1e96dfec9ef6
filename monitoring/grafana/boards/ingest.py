"""Ingest and data quality: what comes, what is refused, what it does to the lists."""

from monitoring.grafana.boards.common import growth, mean, rate
from monitoring.grafana.panels import Dashboard, Panel, Query, Row, lines, number

INGEST = Dashboard(
    "ingest",
    "Ingest and data quality",
    "The event stream from the broker to segments, and how it has changed.",
    (
        number(
            "Broker",
            ("marquee_ingest_connected", "connected"),
            good_at=1,
            names={0: "away", 1: "connected"},
        ),
        number(
            "Last line", ("marquee_ingest_last_line_age_seconds", "ago"), unit="s", warn_at=60, bad_at=300
        ),
        number(
            "Behind by", ("ingest:lag_seconds:estimate", "at this pace"), unit="s", warn_at=60, bad_at=600
        ),
        number(
            "Rejected",
            ("ingest:rejected:ratio10m", "of lines"),
            unit="percentunit",
            warn_at=0.005,
            bad_at=0.02,
        ),
        number("Segments today", ("increase(marquee_ingest_segments_total[24h])", "written")),
        number(
            "Lost upstream", ("increase(marquee_ingest_lost_upstream_offsets_total[24h])", "lines"), bad_at=1
        ),
        Row("Lines"),
        lines(
            "Lines",
            (rate("marquee_ingest_lines_total", "kind"), "{{kind}}"),
            unit="cps",
            stacked=True,
        ),
        lines(
            "Rejected, by reason",
            (
                rate("marquee_ingest_rejected_lines_total", "reason") + " > 0",
                "{{reason}}",
            ),
            unit="cps",
            stacked=True,
        ),
        lines("Share rejected", ("ingest:rejected:ratio10m", "rejected"), unit="percentunit", bad_at=0.02),
        lines("Waiting in the broker", ("marquee_ingest_lag_lines", "partition {{partition}}")),
        lines(
            "Movies",
            (rate("marquee_ingest_unknown_movie_lines_total", "service"), "unknown"),
            (rate("marquee_ingest_repaired_lines_total", "service"), "repaired"),
            unit="cps",
        ),
        lines("Memory of the open batch", ("marquee_ingest_open_batch_bytes", "bytes"), unit="bytes"),
        Row("Segments"),
        lines(
            "Time to write a batch, mean",
            (
                mean("marquee_ingest_batch_write_seconds", "service", "", "1h"),
                "seconds",
            ),
            unit="s",
        ),
        lines(
            "Size of a segment, mean",
            (
                mean("marquee_ingest_segment_bytes", "service", "", "1h"),
                "bytes",
            ),
            unit="bytes",
        ),
        lines(
            "Failures",
            (growth("marquee_ingest_write_failures_total", "service"), "to write"),
            (growth("marquee_ingest_commit_failures_total", "service"), "to show offsets"),
        ),
        Row("Quality"),
        Panel(
            "Strong changes against the trailing week",
            (Query("marquee_ingest_drift", "{{check}}"),),
            kind="state-timeline",
            width=16,
            height=9,
            names={0: "usual", 1: "changed"},
            warn_at=1,
        ),
        lines(
            "What the platform got",
            (
                rate("marquee_ingest_recommendation_lines_total", "status"),
                "{{status}}",
            ),
            unit="cps",
            height=9,
            text="0 is no answer at all.",
        ),
        lines(
            "Popularity lists",
            ('track:popular:ratio5m{track=~"$track"}', "{{track}}"),
            unit="percentunit",
            width=24,
            text="Rises when the users who ask are not those whom the data knows.",
        ),
    ),
)
