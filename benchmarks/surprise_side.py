"""What answering with Surprise's `predict` over the catalogue costs."""

import time
from typing import Any

import pandas as pd
from surprise import SVD, Dataset, Reader

from benchmarks.model import MOVIES
from tests.support.models import Size, make_movies

USERS = 100


class SurpriseSide:
    """An SVD of the same number of factors and movies; the number of users does not matter to `predict`."""

    def __init__(self, factors: int) -> None:
        self._movies = list(make_movies(Size(movies=MOVIES)).ids)
        ratings = pd.DataFrame(
            {
                "user": [number % USERS for number in range(MOVIES)],
                "movie": self._movies,
                "rating": [1.0 + number % 5 for number in range(MOVIES)],
            }
        )
        data = Dataset.load_from_df(ratings, Reader(rating_scale=(1, 5)))
        self._model: Any = SVD(n_factors=factors, n_epochs=1, random_state=1)
        self._model.fit(data.build_full_trainset())

    def seconds(self, user: int) -> float:
        """Return the CPU time of ranking the catalogue for one user."""
        start = time.process_time()
        scores = [self._model.predict(user % USERS, movie).est for movie in self._movies]
        ranked = sorted(range(MOVIES), key=scores.__getitem__, reverse=True)[:20]
        assert len(ranked) == 20
        return time.process_time() - start
