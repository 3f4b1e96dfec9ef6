"""Recent events to measure with: a model of before them, what they were, and what was liked after them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from app.recent.lists import Known, Learnt
from app.recent.rows import Held, rating_steps
from app.recommender import Recommender
from auto_deployment.dataset.arrays import BoolArray, Int64Array
from auto_deployment.training.params import TrainingParams, TrainParams
from auto_deployment.training.prepare.interactions import is_liked, is_relevant
from auto_deployment.training.train.choose.choice import Choice, describe_choice
from auto_deployment.training.train.choose.cut import is_later
from auto_deployment.training.train.engines.port import Parts
from auto_deployment.training.train.fit import assemble
from auto_deployment.training.train.item_model import fit_items
from auto_deployment.training.train.ranking_model import fit_als
from auto_deployment.training.train.rating_models import RatingModel
from auto_deployment.training.train.strength import liked, singular_values, strength
from auto_deployment.training.train.trainset import Trainset, make_trainset, movie_rows

RECENT_SHARE = 0.1  # of all events, the last ones before what is held out
FIT_USERS = 10_000  # a sample of more: lists with and without recent events are compared, not the best ones
NEW_USERS = 500
NEW_USERS_SHARE_MAX = 0.2
NEW_USER_EVENTS = 10  # in training; who has fewer cannot be met with several numbers of events

Events = list[Held]  # newest first; a title's code is the movie's row in the model


@dataclass(frozen=True, slots=True)
class Since:
    """A model of before the recent events.

    `recent` has the recent events of users whom it knows, `met` all training events of users left out of it.
    `relevant` are the held-out events that would have been hits.
    """

    known: Known
    recent: Mapping[int, Events]
    met: Mapping[int, Events]
    relevant: pd.DataFrame


def look_since(
    train: pd.DataFrame, test: pd.DataFrame, kind: Any, choice: Choice, params: TrainingParams
) -> Since:
    """Leave the last events and some users out of the training part, and fit a model to the rest."""
    how, seed = params.train, params.train.seed
    relevant = test[is_relevant(test, params.prepare).to_numpy()]
    trainset = make_trainset(train)
    share = RECENT_SHARE / (1 - params.prepare.test_share)
    later = is_later(trainset, kind, share, seed)
    is_fitted, is_new = _draw(trainset, relevant["user_id"].to_numpy(), seed)
    before = is_fitted[trainset.users] & ~later
    base = make_trainset(train[before])
    lists = replace(how.lists, stored_users=_scaled(how.lists.stored_users, base, trainset))
    recommender = _fit(base, choice, replace(how, lists=lists))
    every = list(range(len(recommender.movie_ids)))
    known = Known(recommender, Learnt.of(_manifest(recommender, choice, how)), [], every)
    since = train[later & is_fitted[trainset.users]]
    met = train[is_new[trainset.users]]
    return Since(known, _events(since, recommender, params), _events(met, recommender, params), relevant)


def _draw(trainset: Trainset, wanted: Int64Array, seed: int) -> tuple[BoolArray, BoolArray]:
    """Return who is fitted and who is left out to be new, both of shape (U,)."""
    rng = np.random.default_rng([seed, FIT_USERS])
    events = trainset.events_per_user()
    able = np.flatnonzero((events >= NEW_USER_EVENTS) & np.isin(trainset.user_ids, wanted))
    is_fitted, is_new = np.zeros((2, len(events)), dtype=np.bool_)
    is_new[rng.permutation(able)[: min(NEW_USERS, int(NEW_USERS_SHARE_MAX * len(able)))]] = True
    is_fitted[rng.permutation(np.flatnonzero(~is_new))[:FIT_USERS]] = True
    return is_fitted, is_new


def _scaled(stored: int, base: Trainset, whole: Trainset) -> int:
    """Return how many stored lists are to the sample what all of them are to everybody."""
    return min(stored * len(base.user_ids) // len(whole.user_ids), stored)


def _fit(base: Trainset, choice: Choice, how: TrainParams) -> Recommender:
    """Fit as `fit` does but for what counts in no list, and for predicted ratings, which hardly count.

    Those take half of the time.
    """
    likes = liked(base, strength(base, how.rating_power))
    ranks = how.als.spectrum_rank, how.items.spectrum_rank
    of_factors, of_items = singular_values(likes, ranks, how.seed)
    nobodys = csr_matrix(likes.shape, dtype=np.float32)
    ranking = fit_als(likes if choice.factor_weight else nobodys, of_factors, how.als, how.seed)
    items = fit_items(likes if choice.item_weight else nobodys, of_items, how.items, how.choose.movies)
    users, movies = (np.zeros(count, dtype=np.float32) for count in likes.shape)
    unrated = RatingModel(3.0, users, movies, users[:, np.newaxis], movies[:, np.newaxis])
    nothing = pd.DataFrame({"movie_id": [], "title": [], "genres": []}, dtype=object)
    fitted = assemble(base, nothing, Parts(ranking, unrated, items, choice), how)
    return Recommender(fitted.as_model())


def _manifest(recommender: Recommender, choice: Choice, how: TrainParams) -> dict[str, Any]:
    train = {"rating_power": how.rating_power}
    return {**recommender.model.manifest, "choice": describe_choice(choice), "parameters": {"train": train}}


def _events(events: pd.DataFrame, recommender: Recommender, params: TrainingParams) -> dict[int, Events]:
    """Return the events as instances are told them: what is liked as finished, the rest as begun."""
    rows = movie_rows(events["movie_id"], recommender.movie_ids)
    rated = events["rating"].to_numpy(np.float32)
    finished = is_liked(np.full(len(rated), np.nan, np.float32), events["watched"].to_numpy(), params.prepare)
    found: dict[int, Events] = {}
    columns = (events["user_id"].tolist(), rows.tolist(), rated.tolist(), finished.tolist())
    for user, row, rating, is_finished in zip(*columns, strict=True):
        steps = None if np.isnan(rating) else rating_steps(rating)
        if row >= 0:
            found.setdefault(user, []).insert(0, Held(row, 0, is_finished, steps))
    return found
