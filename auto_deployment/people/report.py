"""Everything that is held about one user, for whoever asks for access."""

from typing import Any

from auto_deployment.dataset.corrections.look import UserEvent
from auto_deployment.people.segment_place import plain


def event_json(event: UserEvent) -> dict[str, Any]:
    """Return an event for JSON, without what it does not say."""
    content = {
        "kind": event.kind,
        "user_id": event.user_id,
        "movie_id": event.movie_id,
        "time": plain(event.time),
        "last_time": plain(event.last_time),
        "rating": event.rating,
        "minutes": [list(one) for one in event.minutes] or None,
    }
    return {name: value for name, value in content.items() if value is not None}
