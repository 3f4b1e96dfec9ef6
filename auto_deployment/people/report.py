"""Everything that is held about one user, for whoever asks for access."""

from collections.abc import Sequence
from typing import Any

from auto_deployment.dataset.corrections.look import Scale, UserEvent, events_of
from auto_deployment.dataset.corrections.wishes import wishes
from auto_deployment.paths import Paths
from auto_deployment.people.places import Place, reports
from auto_deployment.people.refusals import NotThereError
from auto_deployment.people.segment_place import plain


def everything(paths: Paths, places: Sequence[Place], user_id: int, scale: Scale) -> dict[str, Any]:
    """Return events as they count and what lies where, for JSON; raise `NotThereError` where nothing does."""
    held = reports(places, user_id)
    if not held:
        raise NotThereError(f"Nothing is held about user {user_id}; the newest events may not be stored yet.")
    return {
        "user_id": user_id,
        "forgotten_as_of": [
            one.until.isoformat() for one in wishes(paths.segments) if one.user_id == user_id
        ],
        "events": list(map(event_json, events_of(paths.segments, user_id, scale))),
        "rating_scale": list(scale),
        "held": held,
    }


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
