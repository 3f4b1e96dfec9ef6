"""The host and its containers."""

from monitoring.grafana.boards.common import rate
from monitoring.grafana.panels import Dashboard, Panel, Query, Row, lines, number

# Multiplied with, it leaves the containers of the chosen track's instances and adds their track.
INSTANCES = (
    "* on (container) group_left (track)"
    ' (0 * label_replace(up{job="app",track=~"$track"}, "container", "$1", "service", "(.+)") + 1)'
)

HOST = Dashboard(
    "host",
    "Host and containers",
    "What the machine has to spare, and who takes it.",
    (
        number("Disk", ("host:disk_used:ratio", "{{device}}"), unit="percentunit", warn_at=0.85, bad_at=0.95),
        number(
            "Memory of the host",
            ('container_memory_working_set_bytes{id="/"} / on() group_left() machine_memory_bytes', "used"),
            unit="percentunit",
            warn_at=0.85,
            bad_at=0.95,
        ),
        number(
            "CPU of the host",
            ('sum(rate(container_cpu_usage_seconds_total{id="/"}[2m])) / sum(machine_cpu_cores)', "used"),
            unit="percentunit",
            warn_at=0.8,
            bad_at=0.95,
        ),
        number("Services up", ("sum(up)", "up"), ("count(up)", "known")),
        number(
            "Metrics on disk",
            ("prometheus_tsdb_storage_blocks_bytes + prometheus_tsdb_wal_storage_size_bytes", "Prometheus"),
            unit="bytes",
        ),
        number(
            "Series",
            ("prometheus_tsdb_head_series", "in memory"),
            warn_at=50000,
            bad_at=200000,
            text="A label that takes what clients send shows here first.",
        ),
        Row("Containers"),
        lines(
            "CPU",
            ("container:cpu_cores:rate2m", "{{container}}"),
            text="Cores.",
            stacked=True,
            width=12,
            height=9,
        ),
        lines(
            "Memory",
            (
                'max by (project, container) (container_memory_working_set_bytes{container!=""})',
                "{{container}}",
            ),
            unit="bytes",
            stacked=True,
            width=12,
            height=9,
        ),
        lines(
            "Memory against its limit",
            ("container:memory:ratio", "{{container}}"),
            unit="percentunit",
            bad_at=0.9,
        ),
        lines(
            "Received",
            (
                rate("container_network_receive_bytes_total", "project, container", 'container!=""'),
                "{{container}}",
            ),
            unit="Bps",
        ),
        lines(
            "Starts",
            (
                'changes(max by (project, container) (container_start_time_seconds{container!=""})[30m:1m])',
                "{{container}}",
            ),
            text="In half an hour.",
        ),
        Row("Instances of the track"),
        lines("CPU", (f"container:cpu_cores:rate2m {INSTANCES}", "{{track}} {{container}}"), width=12),
        lines(
            "Memory against its limit",
            (f"container:memory:ratio {INSTANCES}", "{{track}} {{container}}"),
            unit="percentunit",
            width=12,
        ),
        Row("Host"),
        lines("Disk", ("host:disk_used:ratio", "{{device}}"), unit="percentunit", highest=1, bad_at=0.95),
        lines("Time of a scrape", ("scrape_duration_seconds", "{{service}}"), unit="s"),
        Panel(
            "Who answers",
            (Query("up", "{{service}}"),),
            kind="state-timeline",
            height=9,
            names={0: "down", 1: "up"},
            good_at=1,
        ),
    ),
)
