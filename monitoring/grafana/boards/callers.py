"""Callers: what programs that ask through the client say, and the gRPC door."""

from monitoring.grafana.boards.common import OF_TRACK, growth, rate
from monitoring.grafana.panels import Dashboard, Row, lines, number

LATE = "rpc:late:ratio5m"

CALLERS = Dashboard(
    "callers",
    "Callers and gRPC",
    "Empty where nobody asks through the client and no gRPC door runs: docs/client.md, docs/grpc.md.",
    (
        number(
            "Kill switches open",
            ("sum(marquee_client_kill_switch_open)", "programs that do not ask"),
            bad_at=1,
        ),
        number(
            "Flips",
            ("sum(increase(marquee_client_kill_switch_flips_total[1h]))", "in an hour"),
            warn_at=1,
            bad_at=10,
        ),
        number("gRPC doors up", ('sum(up{job="grpc"})', "answer"), good_at=1),
        number("Calls", (f"sum(rpc:calls:rate5m{{{OF_TRACK}}})", "over gRPC"), unit="reqps"),
        number(
            "Failed",
            (f"max(rpc:errors:ratio5m{{{OF_TRACK}}})", "worst door"),
            unit="percentunit",
            bad_at=0.01,
        ),
        number("Too late", (f"max({LATE}{{{OF_TRACK}}})", "worst door"), unit="percentunit", bad_at=0.01),
        Row("Through the client"),
        lines(
            "Calls by outcome",
            (rate("marquee_client_calls_total", "client, outcome"), "{{client}} {{outcome}}"),
            unit="reqps",
            width=12,
        ),
        lines(
            "Flips of kill switches",
            (growth("marquee_client_kill_switch_flips_total", "client, to"), "{{client}} {{to}}"),
            width=12,
            bad_at=1,
            text="Open: a caller has stopped asking and gives its own list.",
        ),
        Row("gRPC"),
        lines(
            "Calls by status",
            (rate("marquee_rpc_calls_total", "track, code", OF_TRACK) + " > 0", "{{track}} {{code}}"),
            unit="reqps",
        ),
        lines(
            "Failed calls",
            (f"rpc:errors:ratio5m{{{OF_TRACK}}}", "{{service}}"),
            unit="percentunit",
            bad_at=0.01,
        ),
        lines(
            "Calls that came too late",
            (f"{LATE}{{{OF_TRACK}}}", "{{service}}"),
            unit="percentunit",
            bad_at=0.01,
        ),
        lines(
            "Slowest hundredth of lists",
            (f"rpc:recommend_seconds:p99_5m{{{OF_TRACK}}}", "{{service}}"),
            unit="s",
            bad_at=0.1,
            text="Without what gRPC itself takes.",
        ),
        lines(
            "By method",
            (rate("marquee_rpc_duration_seconds_count", "method", OF_TRACK), "{{method}}"),
            unit="reqps",
        ),
    ),
)
