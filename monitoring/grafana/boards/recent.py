"""Recent events: how fresh what instances know of users is, who tells them, and Redis between both."""

from monitoring.grafana.boards.common import OF_TRACK, growth, rate
from monitoring.grafana.panels import Dashboard, Row, lines, number

RECENT = Dashboard(
    "recent",
    "Recent events",
    "Do lists know what users did a minute ago? Nothing here makes an answer slower: docs/recent.md.",
    (
        number(
            "Oldest knowledge",
            (f"max(marquee_recent_age_seconds{{{OF_TRACK}}})", "of an instance"),
            unit="s",
            warn_at=60,
            bad_at=600,
        ),
        number(
            "Instances that hear",
            (f"sum(marquee_recent_connected{{{OF_TRACK}}})", "connected"),
            (f"count(marquee_recent_connected{{{OF_TRACK}}})", "follow"),
        ),
        number(
            "Ingest tells",
            ("marquee_ingest_recent_connected", "ingest"),
            good_at=1,
            names={0: "waits", 1: "tells"},
        ),
        number("Redis", ("redis_up", "Redis"), good_at=1, names={0: "down", 1: "up"}),
        number(
            "Memory of Redis",
            ("redis_memory_used_bytes / redis_memory_max_bytes", "of what it may take"),
            unit="percentunit",
            warn_at=0.9,
            text="Full it lets go of the whole stream: instances keep what they hold.",
        ),
        number("Redis runs for", ("redis_uptime_in_seconds", "since its start"), unit="s"),
        Row("Instances"),
        lines(
            "Age",
            (f"marquee_recent_age_seconds{{{OF_TRACK}}}", "{{service}}"),
            unit="s",
            bad_at=600,
            text="Before the first event: since the model's watermark.",
        ),
        lines("Events held", (f"marquee_recent_events{{{OF_TRACK}}}", "{{service}}")),
        lines("Users held", (f"marquee_recent_users{{{OF_TRACK}}}", "{{service}}")),
        lines(
            "Applied",
            (rate("marquee_recent_applied_total", "service", OF_TRACK), "{{service}}"),
            unit="cps",
        ),
        lines(
            "Dropped, by reason",
            (
                growth("marquee_recent_dropped_total", "service, reason", OF_TRACK),
                "{{service}} {{reason}}",
            ),
            text="lost: the stream was trimmed before it was read.",
        ),
        lines("Connected", (f"marquee_recent_connected{{{OF_TRACK}}}", "{{service}}"), highest=1),
        Row("Ingest"),
        lines("Told", (rate("marquee_ingest_recent_sent_total", "service"), "events"), unit="cps", width=12),
        lines(
            "No room to wait",
            (growth("marquee_ingest_recent_dropped_total", "service"), "events"),
            width=12,
            bad_at=1,
        ),
        Row("Redis"),
        lines(
            "Memory",
            ("redis_memory_used_bytes", "used"),
            ("redis_memory_max_bytes", "most"),
            unit="bytes",
        ),
        lines(
            "Events in the stream",
            ("redis_stream_length", "{{stream}}"),
            text="Some 1,000,000 at most; a fall to nothing is a flush or a new start.",
        ),
        lines("Commands", (rate("redis_commands_processed_total", "service"), "commands"), unit="ops"),
        lines(
            "Connections",
            ("redis_connected_clients", "open"),
            (growth("redis_rejected_connections_total", "service"), "refused"),
        ),
        lines("Keys let go for room", (growth("redis_evicted_keys_total", "service"), "keys"), bad_at=1),
        lines(
            "Time to look at it",
            ("redis_exporter_last_scrape_duration_seconds", "of the exporter"),
            unit="s",
        ),
    ),
)
