"""The movies of a simulated platform."""

from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int64Array
from auto_deployment.simulate.arrays import DAY_US
from auto_deployment.simulate.params import CatalogueParams, SimulateParams
from auto_deployment.simulate.platform.titles import make_movie_ids
from auto_deployment.simulate.platform.vocabulary import GENRES


@dataclass(frozen=True, slots=True)
class SimulatedMovies:
    """Columns over the catalogue, one entry a movie; `genres` is (movies, genres)."""

    ids: list[str]
    genres: BoolArray
    year: Int64Array
    runtime_min: Int64Array
    quality: Float64Array  # what everyone finds, in standard deviations
    log_popularity: Float64Array
    wave: Float64Array  # (movies, 3): strength, days per cycle, where in the cycle it starts
    released_us: Int64Array  # counted from the start; negative for what is there from the start on

    def log_popularity_at(self, at_us: int, params: CatalogueParams) -> Float64Array:
        """Return how strongly each movie comes to mind at a moment after the start; -inf before release."""
        age_d = (at_us - self.released_us) / DAY_US
        strength, cycle_d, begin = self.wave.T
        wave = strength * np.sin(2 * np.pi * (at_us / DAY_US / cycle_d + begin))
        fresh = params.new_boost_log * np.exp2(-np.maximum(age_d, 0) / params.new_half_life_d)
        return np.asarray(np.where(age_d < 0, -np.inf, self.log_popularity + wave + fresh))


def make_movies(rng: np.random.Generator, params: SimulateParams, start_year: int) -> SimulatedMovies:
    """Draw a catalogue. New titles come out evenly over the days of the simulation."""
    count, look = params.movies, params.catalogue
    is_new = rng.random(count) < look.new_share
    is_new[0] = False  # there is always something to watch
    released_us = np.where(is_new, rng.integers(0, params.days * DAY_US, count), -3650 * DAY_US)
    # Most of a catalogue is from the last few decades.
    year = np.where(
        is_new, start_year, start_year - 1 - np.minimum(rng.gamma(1.2, 18.0, count), 100).astype(int)
    )
    draws = rng.normal(size=(count, 3))
    tie = params.opinion.movie_popularity_correlation
    return SimulatedMovies(
        ids=make_movie_ids(rng, year.tolist(), look.odd_id_share, look.no_year_share),
        genres=_make_genres(rng, count),
        year=year.astype(np.int64),
        runtime_min=_make_runtimes(rng, count, look.series_share),
        quality=tie * draws[:, 0] + np.sqrt(1 - tie**2) * draws[:, 1],
        log_popularity=look.popularity_log_sd * draws[:, 0],
        wave=np.column_stack(
            [look.wave_log_sd * draws[:, 2] * np.sqrt(2), rng.uniform(30, 180, count), rng.random(count)]
        ),
        released_us=released_us.astype(np.int64),
    )


def _make_genres(rng: np.random.Generator, count: int) -> BoolArray:
    """Give each movie the genres of its draw, at least one."""
    shares = np.array([share for share, _, _ in GENRES.values()])
    genres = rng.random((count, len(shares))) < shares
    main = rng.choice(len(shares), count, p=shares / shares.sum())
    bare = ~genres.any(axis=1)
    genres[bare, main[bare]] = True
    return genres


def _make_runtimes(rng: np.random.Generator, count: int, series_share: float) -> Int64Array:
    minutes = np.clip(rng.normal(104, 19, count), 45, 240)
    series = rng.random(count) < series_share
    return np.where(series, rng.integers(300, 1500, count), minutes).astype(np.int64)
