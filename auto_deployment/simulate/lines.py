"""Columns -> lines in the form of the stream, many at once."""

from collections.abc import Sequence

import numpy as np

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.simulate.arrays import SECOND_US
from auto_deployment.simulate.columns import Ratings
from auto_deployment.simulate.requests import LISTED, TIMEOUT_MS, RecommendRequests

ADDRESS = "192.0.2.10"  # reserved for documentation


def watch_lines(
    times: Sequence[bytes], users: Int64Array, movies: Sequence[bytes], minutes: Int64Array
) -> list[bytes]:
    """Write watch lines from columns."""
    columns = zip(times, users.tolist(), movies, minutes.tolist(), strict=True)
    return [b"%b,%d,GET /data/m/%b/%d.mpg" % row for row in columns]


def rating_lines(times: Sequence[bytes], ratings: Ratings, ids: Sequence[bytes]) -> list[bytes]:
    movies = [ids[movie] for movie in ratings.movie.tolist()]
    columns = zip(times, (ratings.user + 1).tolist(), movies, ratings.rating.tolist(), strict=True)
    return [b"%b,%d,GET /rate/%b=%d" % row for row in columns]


def request_lines(
    times: Sequence[bytes], requests: RecommendRequests, ids: Sequence[bytes], server: str
) -> list[bytes]:
    """Write recommendation lines, those of failed requests included."""
    host = server.encode()
    errors = [text.encode() for text in error_texts(server)]
    lines = []
    for row, (time, user, latency_ms) in enumerate(
        zip(times, (requests.user + 1).tolist(), requests.latency_ms.tolist(), strict=True)
    ):
        outcome = int(requests.outcome[row])
        listed = outcome == LISTED
        result = b", ".join([ids[movie] for movie in requests.movies[row]]) if listed else errors[outcome]
        said = b"status %d, result: %b, %d ms" % (200 if listed else 0, result, latency_ms)
        lines.append(b"%b,%d,recommendation request %b, %b" % (time, user, host, said))
    return lines


def account_lines(times: Sequence[bytes], users: Int64Array) -> list[bytes]:
    """Write the lines of users who signed up."""
    return [b"%b,%d,GET /create_account" % row for row in zip(times, (users + 1).tolist(), strict=True)]


def error_texts(server: str) -> tuple[str, str, str]:
    """Return what a request says by its outcome; nothing for a list."""
    host, _, port = server.partition(":")
    where = f"{host}/{ADDRESS}:{port}"
    timeout = f"java.util.concurrent.TimeoutException: Request timeout to {where} after {TIMEOUT_MS} ms"
    return ("", timeout, f"java.net.ConnectException: Connection refused: {where}")


def time_texts(times_us: Int64Array, digits: int) -> list[bytes]:
    """Write times since 1970 as the platform does: no seconds when they are 00, no fraction when it is 0."""
    moments = times_us.astype("datetime64[us]")
    whole = times_us % SECOND_US == 0
    texts = np.datetime_as_string(moments, unit="s").astype("S19")
    minutes_only = whole & (times_us // SECOND_US % 60 == 0)
    texts = np.where(minutes_only, texts.astype("S16"), texts)
    if digits > 0:
        in_ms = np.datetime_as_string(moments, unit="ms").astype("S23")
        texts = np.where(whole, texts, in_ms)
    if digits > 3:
        in_us = np.datetime_as_string(moments, unit="us").astype("S26")
        texts = np.where(times_us % 1000 == 0, texts, in_us)
    result: list[bytes] = texts.tolist()
    return result
