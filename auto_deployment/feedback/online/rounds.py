"""One round after the other: join, say so, and measure when something has changed and there is time."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from auto_deployment.feedback.join import Joiner, Round, clock_difference_s, joined_share, totals
from auto_deployment.feedback.measures import Measured, Question
from auto_deployment.feedback.online.measuring import Measuring
from auto_deployment.feedback.online.pace import Pace
from auto_deployment.feedback.online.series import Joined, JoinMetrics
from auto_deployment.feedback.params import FeedbackParams
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES

SHARE_OF_LISTS = 100  # of fewer lists in an hour it is not said how many were joined


class Rounds:
    """What the joiner does every few minutes, and what it tells Prometheus."""

    def __init__(
        self,
        joiner: Joiner,
        measuring: Measuring,
        store: FeedbackStore,
        params: FeedbackParams,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._joiner, self._measuring, self._store, self._params = joiner, measuring, store, params
        self._clock_s, self._pace = clock_s, Pace(params.measures.time_share)
        self._changed = True  # whoever was killed between tables and file has measured nothing
        self._hour: datetime | None = None  # when the series were measured last: they look back from now
        self.metrics = JoinMetrics()

    def step(self, now: datetime) -> None:
        """Do a round; raise `MarqueeError`, and the next one does what is left."""
        began_s = self._clock_s()
        done = self._joiner.step(now)
        hour = IMPRESSIONS.begin_of(now)
        self._changed |= bool(done.hours or done.days or done.removed) or hour != self._hour
        self._show(done, now, self._clock_s() - began_s)
        if not self._changed or not self._pace.may_begin(self._clock_s()):
            return
        began_s = self._clock_s()
        self.metrics.releases += len(self._measuring.step(now))
        self.metrics.tracks = self._tracks(now)
        self._pace.took(began_s, self._clock_s())
        self._changed, self._hour = False, hour

    def _show(self, done: Round, now: datetime, seconds: float) -> None:
        hours, since = self._store.facts(IMPRESSIONS), now - timedelta(days=1)
        outcomes = totals(self._store.facts(OUTCOMES), OUTCOMES.begin_of(since)).get("outcomes", 0)
        self.metrics.joined = Joined(
            now, seconds, done.behind_s, totals(hours, since), joined_share(hours, SHARE_OF_LISTS),
            clock_difference_s(hours), outcomes,
        )  # fmt: skip

    def _tracks(self, now: datetime) -> list[Measured]:
        since = now - timedelta(hours=self._params.measures.series_hours)
        return self._measuring.tables().measure(Question(since), self._params.report, ("track",))
