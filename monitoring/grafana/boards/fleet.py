"""Models for many hosts: what each node's agent brings, what it waits for, and whether its disk has room."""

from monitoring.grafana.boards.common import growth, rate
from monitoring.grafana.panels import Dashboard, Row, lines, number

OF_CHANNEL = 'channel=~"$track"'  # channels bear the tracks' names

FLEET = Dashboard(
    "fleet",
    "Fleet",
    "Has every node the model that is wanted? Empty where no agent runs: docs/fleet.md.",
    (
        number("Nodes", ("count(marquee_fleet_look_timestamp_seconds)", "with an agent")),
        number(
            "Behind",
            (f"max(marquee_fleet_behind_seconds{{{OF_CHANNEL}}})", "longest"),
            unit="s",
            warn_at=60,
            bad_at=1800,
        ),
        number(
            "Store",
            ("min(marquee_fleet_store_up)", "seen by all nodes"),
            good_at=1,
            names={0: "away", 1: "answers"},
        ),
        number("Refused versions", ("sum(marquee_fleet_versions_refused)", "refused"), bad_at=1),
        number(
            "Room for another model",
            ("min(marquee_fleet_disk_free_bytes - marquee_fleet_disk_next_bytes)", "of the fullest node"),
            unit="bytes",
            good_at=0,
            text="Below 0 a model of which no file is there does not fit.",
        ),
        number(
            "Last sign",
            ("max(time() - marquee_fleet_sign_timestamp_seconds)", "longest ago"),
            unit="s",
            warn_at=60,
            bad_at=300,
        ),
        Row("Delivery"),
        lines(
            "Behind, by channel",
            (f"marquee_fleet_behind_seconds{{{OF_CHANNEL}}}", "{{instance}} {{channel}}"),
            unit="s",
            bad_at=1800,
            width=12,
            text="How long another version is wanted than the node's service confirms.",
        ),
        lines(
            "Fetched",
            (rate("marquee_fleet_pulled_bytes_total", "instance", 'way="fetched"'), "{{instance}}"),
            unit="Bps",
            width=12,
            text="fleet.rate_max_mb_s limits it.",
        ),
        lines(
            "Bytes of models in six hours, by how they came",
            (growth("marquee_fleet_pulled_bytes_total", "way", window="6h"), "{{way}}"),
            unit="bytes",
            text="linked: another version on the node had the same file.",
        ),
        lines(
            "Fetched again",
            (growth("marquee_fleet_fetched_again_total", "instance"), "{{instance}}"),
            bad_at=1,
            text="Files that came damaged.",
        ),
        lines("Store answers", ("marquee_fleet_store_up", "{{instance}}"), highest=1),
        Row("Nodes"),
        lines("Versions held", ("marquee_fleet_versions_held", "{{instance}}")),
        lines("Versions refused", ("marquee_fleet_versions_refused", "{{instance}}"), bad_at=1),
        lines(
            "Disk",
            ("marquee_fleet_disk_free_bytes", "{{instance}} free"),
            ("marquee_fleet_disk_next_bytes", "{{instance}} needed for another"),
            unit="bytes",
        ),
        lines(
            "Last sign and last look",
            ("time() - marquee_fleet_sign_timestamp_seconds", "{{instance}} sign"),
            ("time() - marquee_fleet_look_timestamp_seconds", "{{instance}} look"),
            unit="s",
            text="A look takes as long as a pull; a pull gives a sign for each part.",
        ),
        Row("As the master sees it"),
        number(
            "All nodes",
            ("max(marquee_fleet_master_nodes_here)", "here"),
            ("max(marquee_fleet_master_nodes_left)", "left"),
            text="Empty where no master runs.",
        ),
        number(
            "Master",
            ("min(marquee_fleet_master_database_up)", "database"),
            good_at=1,
            names={0: "cannot write", 1: "takes operations"},
        ),
        number("Asked and not done yet", ("max(marquee_fleet_master_orders_open)", "orders")),
        lines(
            "Behind, by node",
            (f"marquee_fleet_master_node_behind_seconds{{{OF_CHANNEL}}}", "{{node}} {{channel}}"),
            unit="s",
            bad_at=1800,
            width=12,
        ),
        lines(
            "Since a node's last report",
            ("marquee_fleet_master_node_silent_seconds", "{{node}}"),
            unit="s",
            bad_at=300,
            width=12,
        ),
        lines("Versions refused, by node", ("marquee_fleet_master_node_refused", "{{node}}"), bad_at=1),
        lines(
            "Operations in an hour, by answer",
            (
                growth("marquee_fleet_master_operations_total", "what, status", window="1h"),
                "{{what}} {{status}}",
            ),
        ),
    ),
)
