"""Every PromQL query of a release. The label `track` is set by the scrape configuration.

Ranges are whole seconds, as PromQL wants them.
"""

RECOMMENDED = 'track="{track}",url_rule="/recommend/<user>",status="200"'
SHORT_WINDOW_S = 3600  # below, what is shown must not mislead; the founding rule's window is longer
SCRAPE_PATIENCE_S = 60  # an instance that was scraped within this time is seen


def mean_latency_ms(track: str, window_s: float) -> str:
    """Ask for the mean duration of one track's successful recommend requests over the window.

    Sums over instances come before the division: an instance counts by its requests.
    """
    labels, window = RECOMMENDED.format(track=track), f"{max(round(window_s), 1)}s"
    growth = _increase if window_s >= SHORT_WINDOW_S else _last_less_first
    spent, count = (
        growth(f"flask_http_request_duration_seconds_{part}{{{labels}}}[{window}]")
        for part in ("sum", "count")
    )
    return f"1000 * sum({spent}) / sum({count})"


def scraped(track: str) -> str:
    """Ask whether every instance of a track was scraped of late: 1 if so, 0 if one was not."""
    return f'min(max_over_time(up{{job="app",track="{track}"}}[{SCRAPE_PATIENCE_S}s]))'


def _increase(samples: str) -> str:
    """Of a series younger than the window, `increase` guesses how much came before its first sample.

    It goes back half a scrape, but not below zero, which sum and count reach at different moments: after a
    slow start the mean of a minute is 10 % too high, of ten minutes 0.6 %, of an hour 0.1 %.
    """
    return f"increase({samples})"


def _last_less_first(samples: str) -> str:
    """Nothing is guessed; with a restart of the process in between, `increase` knows more."""
    between = f"(max_over_time({samples}) - min_over_time({samples}))"
    return f"{between} and resets({samples}) == 0 or increase({samples})"
