"""Which events are told: a watch when it is first seen and when it is finished, and every rating. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.recent.events import RecentEvent
from auto_deployment.dataset.events import Event, Rating, Watch

REMEMBERED = 500_000  # watches; what is told twice changes nothing
MOST_AGE = timedelta(days=30)  # what is older is history that is being imported


class RecentChoice:
    """Tells of each event whether it is news; `finished_after` how many minutes of a movie are nearly all."""

    def __init__(
        self,
        rating_scale: tuple[float, float],
        finished_after: Callable[[str], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._low, high = rating_scale
        self._stars = 4 / (high - self._low)
        self._finished_after = finished_after
        self._now = now
        self._told: dict[tuple[int, str], bool] = {}

    def of(self, event: Event) -> RecentEvent | None:
        """Return what is to be told of an event that was taken, None where that is nothing."""
        if isinstance(event, Watch):
            return self._watch(event)
        if isinstance(event, Rating) and self._is_news(event.time):
            stars = 1 + (event.rating - self._low) * self._stars
            return RecentEvent(int(event.time.timestamp()), event.user_id, event.movie_id, rating=stars)
        return None

    def _watch(self, event: Watch) -> RecentEvent | None:
        key = (event.user_id, event.movie_id)
        told = self._told.get(key)
        if told:
            return None
        finished = event.minute + 1 >= self._finished_after(event.movie_id)
        if (told is not None and not finished) or not self._is_news(event.time):
            return None
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told[key] = finished
        return RecentEvent(int(event.time.timestamp()), event.user_id, event.movie_id, finished)

    def _is_news(self, time: datetime) -> bool:
        return time > self._now() - MOST_AGE
