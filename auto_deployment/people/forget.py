"""Forgetting a user: one segment that says so, then whatever can be removed now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from auto_deployment.dataset.builder import from_microseconds
from auto_deployment.dataset.corrections.wishes import Wish, wishes
from auto_deployment.dataset.corrections.writing import Correction, correcting, write_correction
from auto_deployment.paths import Paths
from auto_deployment.people.database_place import DatabasePlace
from auto_deployment.people.feedback_place import FeedbackPlace
from auto_deployment.people.places import Place, reports
from auto_deployment.people.refusals import NotThereError
from auto_deployment.people.segment_place import SegmentPlace


@dataclass(frozen=True, slots=True)
class Done:
    """The wish that holds now, whether it was known before, and how much each place has removed."""

    wish: Wish
    is_new: bool
    removed: Mapping[str, int]


def forget(paths: Paths, places: Sequence[Place], user_id: int, now: datetime) -> Done:
    """Forget a user as of now; what an earlier attempt left undone is gone on with.

    From the moment that the wish is written no reader counts the user's events of before. Raises
    `NotThereError` for a user of whom nothing is held.
    """
    with correcting(paths):
        known = latest_wish(paths, user_id)
        wish = _write(paths, places, user_id, now, known)
        removed = {place.name: count for place in places if (count := place.forget(wish))}
    return Done(wish, wish != known, removed)


def latest_wish(paths: Paths, user_id: int) -> Wish | None:
    """Return a user's newest wish."""
    return max((one for one in wishes(paths.segments) if one.user_id == user_id), key=_number, default=None)


def _write(paths: Paths, places: Sequence[Place], user_id: int, now: datetime, known: Wish | None) -> Wish:
    """Write the wish down, unless it is known and the user has done nothing since."""
    newest = _time(SegmentPlace(paths).newest(user_id))
    if known is not None:
        shown = [place for place in places if isinstance(place, FeedbackPlace | DatabasePlace)]
        requested = [_time(place.newest(user_id)) for place in shown]
        if all(time is None or time <= known.until for time in (newest, *requested)):
            return known
    if newest is None and not reports(places, user_id):
        raise NotThereError(
            f"Nothing is held about user {user_id}. Is the number right? What came in just now may not be "
            "stored yet: then try again when ingest has written its next segment."
        )
    # A platform's clock may be ahead of ours: what is stored by now is of before in any case.
    write_correction(paths, Correction(forgotten=((user_id, max(now, newest or now)),)), now)
    wish = latest_wish(paths, user_id)
    assert wish is not None
    return wish


def _time(time_us: int | None) -> datetime | None:
    return None if time_us is None else from_microseconds(time_us)


def _number(wish: Wish) -> int:
    return wish.number
