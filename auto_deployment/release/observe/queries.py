"""Every PromQL query of a release. The label `track` is set by the scrape configuration.

Ranges are whole seconds, as PromQL wants them.
"""

RECOMMENDED = 'track="{track}",url_rule="/recommend/<user>",status="200"'
SCRAPE_PATIENCE_S = 60  # an instance that was scraped within this time is seen


def mean_latency_ms(track: str, window_s: float) -> str:
    """Ask for the mean duration of one track's successful recommend requests over the window.

    Sums over instances come before the division: an instance counts by its requests.
    """
    labels, window = RECOMMENDED.format(track=track), f"{max(round(window_s), 1)}s"
    return (
        f"1000 * sum(increase(flask_http_request_duration_seconds_sum{{{labels}}}[{window}])) "
        f"/ sum(increase(flask_http_request_duration_seconds_count{{{labels}}}[{window}]))"
    )


def scraped(track: str) -> str:
    """Ask whether every instance of a track was scraped of late: 1 if so, 0 if one was not."""
    return f'min(max_over_time(up{{job="app",track="{track}"}}[{SCRAPE_PATIENCE_S}s]))'
