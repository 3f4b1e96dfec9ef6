"""What becomes of a question that names a user: its outcome, and the order of what was found."""

import logging
from collections.abc import Mapping, Sequence
from enum import StrEnum

from search.finder import Asked, Found
from search.fusion import Kind
from search.http.questions import Wish
from search.index_format import Head
from search.personal.blend import CANDIDATES, WEIGHTS, Candidates, is_of_this_catalogue, ordered
from search.personal.recommender import AwayError, Recommender, RestingError

log = logging.getLogger(__name__)


class Outcome(StrEnum):
    PERSONAL = "personal"
    UNKNOWN = "unknown"  # the user has no scores
    FOREIGN = "foreign"  # the model knows too few of the movies
    AWAY = "away"  # no answer in time, or none that can be used
    RESTING = "resting"  # not asked, as it failed before
    UNASKED = "unasked"  # a kind of question that the user's scores do not make better


class Orders:
    """Orders what was found for the user who asks; without a recommender, for nobody."""

    def __init__(
        self, recommender: Recommender | None = None, weights: Mapping[Kind, float] = WEIGHTS
    ) -> None:
        self._recommender, self._weights = recommender, weights

    def wanted(self, wish: Wish) -> int:
        """Return how many movies to look for: the last of them may be the first for the user."""
        if self._recommender is None or wish.user is None:
            return wish.count
        return max(wish.count, CANDIDATES)

    def order(
        self, wish: Wish, head: Head, asked: Asked, found: Sequence[Found]
    ) -> tuple[Sequence[Found], Outcome | None]:
        """Return as many as were asked for, and what became of the order: `None` where nobody wants one."""
        if self._recommender is None or wish.user is None:
            return found[: wish.count], None
        found, outcome = self._ordered(self._recommender, wish.user, head, asked, found)
        return found[: wish.count], outcome

    def _ordered(
        self, recommender: Recommender, user: str, head: Head, asked: Asked, found: Sequence[Found]
    ) -> tuple[Sequence[Found], Outcome]:
        weight = self._weights[asked.kind]
        if not weight or not found:
            return found, Outcome.UNASKED
        try:
            scores = recommender.scores(user, [head.ids[one.row] for one in found])
        except RestingError:
            return found, Outcome.RESTING
        except AwayError as error:
            log.info("Not ordered for a user: %s", error)
            return found, Outcome.AWAY
        if scores is None:
            return found, Outcome.UNKNOWN
        if not is_of_this_catalogue(scores):
            return found, Outcome.FOREIGN
        return ordered(Candidates.of(asked, found), scores, weight), Outcome.PERSONAL
