"""Whether lists are watched, by track, and how much of what was shown is known."""

from monitoring.grafana.boards.common import OF_TRACK, rate
from monitoring.grafana.panels import Dashboard, Panel, Row, lines, number


def measure(title: str, name: str, text: str, bounds: bool = True, **more: object) -> Panel:
    """Return a panel of one online measure on both tracks, with the bounds of its interval."""
    chosen = ("value", "low", "high") if bounds else ("value",)
    queries = (
        (
            f'marquee_feedback_measure{{measure="{name}",bound="{bound}",{OF_TRACK}}}',
            "{{track}}" if bound == "value" else f"{{{{track}}}} {bound}",
        )
        for bound in chosen
    )
    return lines(title, *queries, text=text, **more)  # type: ignore[arg-type]


FEEDBACK = Dashboard(
    "feedback",
    "Feedback",
    "Whether what was shown is watched, by track; a watch counts for the newest list with its title.",
    (
        number(
            "Last round of joining",
            ("marquee_feedback_join_timestamp_seconds * 1000", "ended"),
            unit="dateTimeFromNow",
        ),
        number(
            "Edge log read",
            ("marquee_feedback_collect_timestamp_seconds * 1000", "read"),
            unit="dateTimeFromNow",
        ),
        number(
            "Stream behind the requests",
            ("marquee_feedback_join_behind_seconds", "by"),
            unit="s",
            warn_at=900,
            bad_at=3600,
            text="So long requests wait to be joined: `ingest` closes a segment every few minutes.",
        ),
        number(
            "Lists that found their request",
            ("marquee_feedback_joined_ratio", "of the stream's"),
            unit="percentunit",
            good_at=0.8,
            text="In the newest whole hour with at least 100 lists.",
        ),
        number(
            "This host's clock is ahead by",
            ("marquee_feedback_clock_difference_seconds", "seconds"),
            unit="s",
            warn_at=30,
            bad_at=300,
            text="Estimated from what is joined, which follows it; beyond 300 s nothing is joined.",
        ),
        number(
            "Edge log went away unread",
            ("increase(marquee_feedback_edge_log_lost_total[7d])", "in 7 days"),
            bad_at=1,
        ),
        Row("Are lists watched? Each point looks back 24 hours; intervals (95 %) are over users"),
        measure(
            "Users who watched from their lists",
            "hit_rate",
            "Grows with the time that a track has been there: compare tracks of the same age.",
            unit="percentunit",
        ),
        measure("MRR of the first title watched", "mrr", "0 for a list of which nothing was watched."),
        measure("Share of the runtime watched", "share_watched", "Of titles begun.", unit="percentunit"),
        measure("Rating", "rating", "Of what was begun from a list and then rated.", lowest=1, highest=5),
        measure(
            "The same list again",
            "repeated",
            "Of the lists from a user's second on.",
            unit="percentunit",
        ),
        lines(
            "Users shown a list",
            (f"marquee_feedback_shown_users{{{OF_TRACK}}}", "{{track}} users"),
            (f"marquee_feedback_shown_lists{{{OF_TRACK}}}", "{{track}} lists"),
        ),
        measure(
            "Coverage",
            "coverage",
            "Share of the catalogue's titles that anybody was shown.",
            bounds=False,
            unit="percentunit",
            width=12,
        ),
        measure(
            "Popularity of what was shown",
            "popularity",
            "Mean rank by watches: 1 is the most watched title.",
            bounds=False,
            unit="percentunit",
            width=12,
        ),
        Row("What is known of it"),
        lines(
            "Lines of the last 24 hours by what they found",
            ("marquee_feedback_lines", "{{end}}"),
            stacked=True,
            width=12,
            text="alone: none of this user on the other side. too_far: more than the window. partner_taken: "
            "another line was nearer. waiting: the stream has not come so far.",
        ),
        lines(
            "Lines of the edge log",
            (rate("marquee_feedback_edge_lines_total", "kind"), "{{kind}}"),
            unit="cps",
        ),
        number(
            "Files of measures",
            ("marquee_feedback_measured_releases", "since the joiner's start"),
            height=7,
        ),
        lines("Watches of lists, yesterday and today", ("marquee_feedback_outcomes", "watches"), width=12),
        lines("A round took", ("marquee_feedback_join_seconds", "seconds"), unit="s", width=12),
    ),
    hours=48,
)
