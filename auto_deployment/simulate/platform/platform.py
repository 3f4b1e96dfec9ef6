"""A simulated platform: its users, its catalogue and who likes what."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from auto_deployment.errors import BadInputError
from auto_deployment.simulate.arrays import SECOND_US, generator
from auto_deployment.simulate.params import SimulateParams, check
from auto_deployment.simulate.platform.catalogue import SimulatedMovies, make_movies
from auto_deployment.simulate.platform.people import Users, make_users
from auto_deployment.simulate.platform.tastes import Tastes, make_tastes
from auto_deployment.simulate.platform.titles import make_title
from auto_deployment.simulate.platform.vocabulary import GENRES, OCCUPATIONS


@dataclass(frozen=True, slots=True)
class Platform:
    """All about a platform that does not change; its times are microseconds counted from `start_us`."""

    params: SimulateParams
    start_us: int  # since 1970
    users: Users
    movies: SimulatedMovies
    tastes: Tastes

    @classmethod
    def build(cls, params: SimulateParams, year: int | None = None) -> "Platform":
        """Draw a platform, the same from the same parameters; raise `BadInputError` on bad ones.

        `year` is that of its newest titles, by default that of the start: it is part of their ids.
        """
        check(params)
        start = read_start(params.start)
        users = make_users(generator(params.seed, "users"), params)
        movies = make_movies(generator(params.seed, "movies"), params, year or start.year)
        tastes = make_tastes(generator(params.seed, "tastes"), users, movies, params.taste)
        return cls(params, int(start.timestamp()) * SECOND_US, users, movies, tastes)

    def movies_frame(self) -> pd.DataFrame:
        """Return the catalogue: movie_id, title, genres (lists), year, runtime_min."""
        names = list(GENRES)
        return pd.DataFrame(
            {
                "movie_id": self.movies.ids,
                "title": [
                    f"{make_title(movie_id)} ({year})"
                    for movie_id, year in zip(self.movies.ids, self.movies.year.tolist(), strict=True)
                ],
                "genres": [[names[place] for place in row.nonzero()[0]] for row in self.movies.genres],
                "year": self.movies.year.astype("int32"),
                "runtime_min": self.movies.runtime_min.astype("int32"),
            }
        )

    def users_frame(self) -> pd.DataFrame:
        """Return the users: user_id, age, gender (M or F), occupation."""
        return pd.DataFrame(
            {
                "user_id": range(1, len(self.users.age) + 1),
                "age": self.users.age.astype("int32"),
                "gender": ["F" if is_woman else "M" for is_woman in self.users.is_woman],
                "occupation": [OCCUPATIONS[place] for place in self.users.occupation],
            }
        )


def read_start(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"The start {text!r} is no time: write it like 2026-03-01T18:00.") from None
    return start.replace(microsecond=0, tzinfo=start.tzinfo or UTC)
