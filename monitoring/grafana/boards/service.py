"""Service health: what users get, by track."""

from monitoring.grafana.boards.common import OF_TRACK, WHAT_IS_SERVED, growth, rate
from monitoring.grafana.panels import Dashboard, Row, lines, number

SECONDS = "flask_http_request_duration_seconds"
USERS = f'url_rule!~"/metrics|/health/.*",{OF_TRACK}'
LISTS = f'url_rule="/recommend/<user>",status="200",{OF_TRACK}'

SERVICE = Dashboard(
    "service",
    "Service health by track",
    "Is it an outage? The first line answers; docs/operations.md says what to do.",
    (
        number(
            "Instances up",
            ('sum by (track) (up{job="app",track=~"$track"})', "{{track}}"),
            good_at=1,
        ),
        number("NGINX", ("nginx_up", "NGINX"), good_at=1, names={0: "down", 1: "up"}),
        number("Requests", ("edge:requests:rate2m", "at the edge"), unit="reqps"),
        number(
            "Static list",
            ("edge:unanswered:rate2m", "answered by NGINX itself"),
            unit="reqps",
            warn_at=0.5,
            bad_at=1,
            text="NGINX's own health checks are some 0.2 a second.",
        ),
        number(
            "Platform without a list",
            ("platform:failed:ratio10m", "as its stream says"),
            unit="percentunit",
            warn_at=0.05,
            bad_at=0.1,
        ),
        number("Alerts", ('count(ALERTS{alertstate="firing"}) or vector(0)', "firing"), warn_at=1, bad_at=3),
        Row("By track"),
        lines("Answers", ('track:answers:rate5m{track=~"$track"}', "{{track}}"), unit="reqps", stacked=True),
        lines(
            "Share of the track",
            (
                'track:answers:rate5m{track=~"$track"} / on() group_left() sum(track:answers:rate5m)',
                "{{track}}",
            ),
            unit="percentunit",
            highest=1,
            text="By requests; the split is by user, 80 to 20 while a canary serves.",
        ),
        lines(
            "Answers with 5xx",
            ('track:errors:ratio5m{track=~"$track"}', "{{track}}"),
            unit="percentunit",
            bad_at=0.01,
        ),
        lines(
            "Mean time of a list",
            ('track:recommend_seconds:mean5m{track=~"$track"}', "{{track}}"),
            unit="s",
            bad_at=0.5,
            text="Of answers with 200, as a release's check of the mean counts.",
        ),
        lines(
            "Slowest twentieth",
            ('track:recommend_seconds:p95_5m{track=~"$track"}', "{{track}}"),
            unit="s",
            bad_at=0.25,
            text="After 250 ms NGINX asks another instance.",
        ),
        lines(
            "Popularity lists",
            ('track:popular:ratio5m{track=~"$track"}', "{{track}}"),
            unit="percentunit",
            highest=1,
            text="Users whom the model does not know get one.",
        ),
        Row("By instance"),
        lines(
            "Lists",
            (
                rate(SECONDS + "_count", "service", LISTS),
                "{{service}}",
            ),
            unit="reqps",
        ),
        lines(
            "By status",
            (
                rate(SECONDS + "_count", "track, status", USERS) + " > 0",
                "{{track}} {{status}}",
            ),
            unit="reqps",
        ),
        lines(
            "Connections of NGINX",
            ("nginx_connections_active", "active"),
            ("nginx_connections_waiting", "idle"),
        ),
        WHAT_IS_SERVED,
        lines(
            "New models",
            (
                growth("marquee_model_loads_total", "service, outcome", OF_TRACK),
                "{{service}} {{outcome}}",
            ),
            height=6,
        ),
    ),
)
