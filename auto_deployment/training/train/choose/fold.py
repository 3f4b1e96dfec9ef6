"""One cut through the training part: parts of a model learn from the older side and are met by the later."""

import numpy as np
from scipy.sparse import csr_matrix

from auto_deployment.dataset.arrays import BoolArray, Float32Array, IndexArray
from auto_deployment.training.params import ChooseParams, TrainParams
from auto_deployment.training.prepare.split import Kind
from auto_deployment.training.train.choose.cases import Cases, Facts, collect, joined, some_of
from auto_deployment.training.train.choose.cut import is_later
from auto_deployment.training.train.item_model import fit_items
from auto_deployment.training.train.popularity import popular_score, recent_popularity
from auto_deployment.training.train.ranking_model import MovieFactors
from auto_deployment.training.train.strength import liked, singular_values
from auto_deployment.training.train.trainset import Trainset

# A newcomer is met with so many first events; those with fewer than the last number are no newcomers.
FIRST_EVENTS = (1, 2, 3, 5, 10)
LAST_EVENTS = (*FIRST_EVENTS, 20)  # an arrival, with so many last ones
NEWCOMERS_SHARE_MAX = 0.2


class Fold:
    """Parts fitted to what came before a cut, and `cases` of those who went on after it.

    Beside them are newcomers: users left out of the fit altogether and met with their first events, what they
    went on to like being known. Of groups with few events there would be hardly anybody otherwise, and after
    a cut within each user's events nobody at all. `arrivals` are the same people as a service meets them:
    with their last events before the cut, and what they liked after it. What they saw before is hidden: it
    cannot be liked again, and a list of popular movies they have mostly seen would look worse than it is.
    """

    def __init__(
        self, trainset: Trainset, facts: Facts, kind: Kind, share: float, params: TrainParams
    ) -> None:
        how = params.choose
        rng = np.random.default_rng([params.seed, round(share * 1000)])
        is_fitted, is_new = _draw_users(trainset, how, rng)
        known = is_fitted[trainset.users] & ~is_new[trainset.users]
        rows = np.flatnonzero(known)
        later = np.zeros(len(known), dtype=np.bool_)
        later[rows] = is_later(trainset.only(known), kind, share, params.seed)
        before = known & ~later
        regular = collect(trainset, facts, before, later, newcomers=False)
        chosen = np.sort(rng.permutation(len(regular.events))[: how.users])
        self.cases: Cases = joined([some_of(regular, chosen), *_newcomers(trainset, facts, is_new)])
        self.arrivals: Cases = joined(_arrivals(trainset, facts, is_new, kind, share, params.seed))
        self.is_empty = not before.any() or not len(chosen)
        if not self.is_empty:
            self._fit(trainset.only(before), facts.strength[before], params)

    def _fit(self, before: Trainset, strength: Float32Array, params: TrainParams) -> None:
        likes = liked(before, strength)
        ranks = params.als.spectrum_rank, params.items.spectrum_rank
        of_factors, of_items = singular_values(likes, ranks, params.seed)
        self.movies = MovieFactors(likes, of_factors, params.als, params.seed)
        self.items: csr_matrix = fit_items(likes, of_items, params.items, params.choose.movies)
        self.popular: Float32Array = popular_score(recent_popularity(before, params.popularity))


def _draw_users(
    trainset: Trainset, how: ChooseParams, rng: np.random.Generator
) -> tuple[BoolArray, BoolArray]:
    """Return which users are looked at, and which of them are newcomers, both of shape (U,)."""
    events = trainset.events_per_user()
    is_fitted, is_new = np.zeros((2, len(events)), dtype=np.bool_)
    is_fitted[rng.permutation(len(events))[: how.fit_users]] = True
    able: IndexArray = np.flatnonzero(is_fitted & (events > FIRST_EVENTS[-1]))
    count = min(how.newcomers, int(NEWCOMERS_SHARE_MAX * len(able)))
    is_new[rng.permutation(able)[:count]] = True
    return is_fitted, is_new


def _newcomers(trainset: Trainset, facts: Facts, is_new: BoolArray) -> list[Cases]:
    place = trainset.events_per_user()[trainset.users] - 1 - trainset.age()
    those = is_new[trainset.users]
    return [
        collect(trainset, facts, those & (place < first), those & (place >= first), newcomers=True)
        for first in FIRST_EVENTS
    ]


def _arrivals(
    trainset: Trainset, facts: Facts, is_new: BoolArray, kind: Kind, share: float, seed: int
) -> list[Cases]:
    those = is_new[trainset.users]
    after = np.zeros(len(those), dtype=np.bool_)
    if those.any():
        after[those] = is_later(trainset.only(those), kind, share, seed)
    users = len(trainset.user_ids)
    count_before = np.bincount(trainset.users[those & ~after], minlength=users)[trainset.users]
    age = trainset.age() - np.bincount(trainset.users[after], minlength=users)[trainset.users]
    return [
        collect(
            trainset,
            facts,
            those & ~after & (age < last) & (count_before >= last),
            after & (count_before >= last),
            newcomers=True,
            seen=those & ~after,
        )
        for last in LAST_EVENTS
    ]
