"""Small catalogues for tests."""

import pandas as pd


def movies_frame(*movie_ids: str) -> pd.DataFrame:
    """Give catalogue rows with nothing but an id."""
    return pd.DataFrame(
        {
            "movie_id": list(movie_ids),
            "title": None,
            "genres": [[] for _ in movie_ids],
            "year": None,
            "runtime_min": None,
        }
    )
