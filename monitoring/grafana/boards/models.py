"""Model quality over versions, the cycle that makes them, and its mails."""

from monitoring.grafana.boards.common import OF_TRACK
from monitoring.grafana.panels import Dashboard, Panel, Query, Row, lines, number

SERVED = f"max by (model_version, track) (marquee_model_info{{{OF_TRACK}}} == 1)"

MODELS = Dashboard(
    "models",
    "Model quality over versions",
    "Each published model with what the gate measured, and which of them serve.",
    (
        number(
            "Last run",
            ("(marquee_retrain_last_run_timestamp_seconds > 0) * 1000", "began"),
            unit="dateTimeFromNow",
        ),
        number(
            "Last success",
            ("(marquee_retrain_last_success_timestamp_seconds > 0) * 1000", "ended"),
            unit="dateTimeFromNow",
        ),
        number(
            "Next run",
            ("(marquee_retrain_next_run_timestamp_seconds > 0) * 1000", "begins"),
            unit="dateTimeFromNow",
        ),
        number("Now", ("marquee_retrain_running", "cycle"), names={0: "waits", 1: "runs"}),
        number("Last run took", ("marquee_retrain_duration_seconds", "seconds"), unit="s"),
        number(
            "Mails that wait",
            ("sum by (service) (marquee_outbox_mails)", "{{service}}"),
            warn_at=1,
            bad_at=10,
        ),
        Row("Quality"),
        lines(
            "RMSE",
            ('marquee_model_quality{measure="rmse"}', "{{model_version}}"),
            lowest=None,
            text="Lower is better.",
        ),
        lines(
            "NDCG", ('marquee_model_quality{measure="ndcg"}', "{{model_version}}"), text="Higher is better."
        ),
        lines(
            "Coverage",
            ('marquee_model_quality{measure="coverage"}', "{{model_version}}"),
            unit="percentunit",
            text="Share of the titles that anybody is shown.",
        ),
        Panel(
            "Quality of what serves",
            (Query(f"marquee_model_quality and on (model_version) {SERVED}"),),
            kind="table",
            width=12,
            height=7,
            text="Empty while what serves was not published by a cycle.",
        ),
        Panel(
            "Versions that serve",
            (Query(SERVED, "{{track}} {{model_version}}"),),
            kind="state-timeline",
            width=12,
            height=7,
            names={1: "serves"},
        ),
        Row("Cycles"),
        lines(
            "Outcomes a day",
            ("sum by (outcome) (increase(marquee_retrain_outcomes_total[1d]))", "{{outcome}}"),
            width=12,
        ),
        lines(
            "Age of the oldest mail that waits",
            ("marquee_outbox_oldest_age_seconds", "{{service}}"),
            unit="s",
            bad_at=3600,
            width=12,
        ),
    ),
    hours=24 * 14,
)
