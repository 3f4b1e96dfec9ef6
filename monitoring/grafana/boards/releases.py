"""Releases: the phase, the evidence, the verdict."""

from monitoring.grafana.boards.common import OF_TRACK, WHAT_IS_SERVED, growth, mean
from monitoring.grafana.panels import Dashboard, Panel, Query, Row, lines, number

SUCCESSES = f'url_rule="/recommend/<user>",status="200",{OF_TRACK}'
MEAN = mean("flask_http_request_duration_seconds", "track", SUCCESSES, "$__range")

RELEASES = Dashboard(
    "releases",
    "Releases",
    "What the controller does with the candidate, and why.",
    (
        Panel(
            "Phase",
            (Query("marquee_release_phase == 1", "{{phase}}"),),
            kind="state-timeline",
            width=16,
            height=6,
            names={1: "now"},
        ),
        number("In this phase for", ("marquee_release_seconds_in_phase", "since"), unit="s"),
        number(
            "Past its deadline", ("marquee_release_overdue_seconds", "by"), unit="s", warn_at=1, bad_at=600
        ),
        number(
            "Last looked at",
            ("marquee_release_last_tick_timestamp_seconds * 1000", "tick"),
            unit="dateTimeFromNow",
        ),
        number(
            "Evidence",
            ("marquee_release_metrics_available", "can be read"),
            good_at=1,
            names={0: "unavailable", 1: "available"},
        ),
        Panel(
            "Verdict",
            (Query("marquee_release_verdict == 1", "{{verdict}}"),),
            kind="state-timeline",
            width=16,
            height=5,
            names={1: "now"},
        ),
        number(
            "Releases in 30 days",
            (growth("marquee_release_outcomes_total", "outcome", window="30d"), "{{outcome}}"),
            width=8,
            height=5,
        ),
        Row("Evidence"),
        lines(
            "Service below its SLO",
            ("marquee_release_service_below_slo", "both tracks"),
            text="1: more than 1 % of answers were bad on stable and canary. The window waits.",
        ),
        lines(
            "Users seen", ('marquee_release_users{track=~"$track"}', "{{track}}"), text="Each counts once."
        ),
        lines(
            "Weights", ('marquee_release_weight{track=~"$track"}', "{{track}}"), text="What NGINX is told."
        ),
        lines(
            "Evidence of the checks, as a logarithm",
            ("marquee_release_check_log_evidence", "{{check}}"),
            lowest=None,
            text="A comparison aborts at the logarithm of 1 by its part of alpha. bad-answers: a broken SLO, "
            "that aborts only where stable has no users.",
        ),
        lines(
            "Checks: value", ('marquee_release_check_value{track=~"$track"}', "{{check}} {{track}}"), width=12
        ),
        lines("Checks: limit", ("marquee_release_check_limit", "{{check}}"), width=12),
        Row("As Prometheus sees both tracks"),
        number(
            "Mean of this time range",
            (MEAN, "{{track}}"),
            unit="s",
            bad_at=0.5,
            width=8,
            height=7,
            text="The founding rule: below 500 ms on the canary over the whole window.",
        ),
        lines("Answers with 5xx", ('track:errors:ratio5m{track=~"$track"}', "{{track}}"), unit="percentunit"),
        lines(
            "Popularity lists", ('track:popular:ratio5m{track=~"$track"}', "{{track}}"), unit="percentunit"
        ),
        WHAT_IS_SERVED,
        lines(
            "Instances recreated",
            (
                growth("marquee_release_recreated_total", "exported_instance"),
                "{{exported_instance}}",
            ),
            height=6,
        ),
        lines(
            "Edge log: what counts nowhere",
            ("marquee_release_damaged_lines", "damaged lines"),
            ("marquee_release_foreign_attempts", "attempts at addresses of neither track"),
            height=6,
            text="Of the release under way. Both are 0 unless NGINX and the controller disagree.",
        ),
    ),
    hours=24,
)
