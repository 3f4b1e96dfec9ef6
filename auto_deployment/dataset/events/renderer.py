"""Event -> line, the way the platform writes it."""

from datetime import UTC, datetime

from auto_deployment.dataset.events.movie_ids import write_movie_id
from auto_deployment.dataset.events.types import AccountCreated, Event, Rating, Recommendation, Watch


def render(event: Event) -> bytes:
    """Write the line of an event, without a line end; `parse` gives a valid event back as it was."""
    head = f"{_render_time(event.time)},{event.user_id},"
    return (head + _render_request(event)).encode()


def _render_request(event: Event) -> str:
    match event:
        case Watch(movie_id=movie_id, minute=minute):
            return f"GET /data/m/{write_movie_id(movie_id)}/{minute}.mpg"
        case Rating(movie_id=movie_id, rating=rating):
            return f"GET /rate/{write_movie_id(movie_id)}={rating:g}"
        case Recommendation():
            result = ", ".join(map(write_movie_id, event.movies)) if event.error is None else event.error
            status = f"status {event.status}, result: {result}, {event.latency_ms} ms"
            return f"recommendation request {event.server}, {status}"
        case AccountCreated():
            return "GET /create_account"


def _render_time(time: datetime) -> str:
    """Leave out seconds that are 00 and write a fraction of 0, 3 or 6 digits, as the platform does."""
    naive = time.astimezone(UTC).replace(tzinfo=None)
    if naive.microsecond:
        return naive.isoformat(timespec="microseconds" if naive.microsecond % 1000 else "milliseconds")
    return naive.isoformat(timespec="seconds" if naive.second else "minutes")
