"""Ratings as lines of `clean_rating.csv`, put together column by column."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.dataset.arrays import Float64Array, Int32Array, Int64Array

_SECOND_US = 1_000_000


def csv_lines(
    time_us: Int64Array, user_id: Int64Array, movie: Int32Array, rating: Float64Array, movies: pa.Array
) -> str:
    """Return a line for each row; `movies` are the texts of the numbers in `movie`."""
    values, places = np.unique(rating, return_inverse=True)
    ratings = pa.array([f"{value:g}\n" for value in values.tolist()], pa.string()).take(pa.array(places))
    users = pa.array(user_id).cast(pa.string())
    lines = pc.binary_join_element_wise(_times(time_us), users, movies.take(pa.array(movie)), ratings, ",")
    _, ends, content = lines.buffers()  # the texts of all rows stand there one after the other
    text: str = content.to_pybytes()[: np.frombuffer(ends, np.int32)[len(lines)]].decode()
    return text


def _times(time_us: Int64Array) -> pa.Array:
    """Return times as text; a fraction of a second shows only where there is one."""
    seconds = pa.array(time_us // _SECOND_US, pa.int64()).cast(pa.timestamp("s"))
    texts = pc.binary_replace_slice(seconds.cast(pa.string()), 10, 11, "T")  # strftime takes 17 times as long
    fractions = time_us % _SECOND_US
    if not fractions.any():
        return texts
    values, places = np.unique(fractions, return_inverse=True)
    shown = [f".{value:06d}" if value else "" for value in values.tolist()]
    return pc.binary_join_element_wise(texts, pa.array(shown, pa.string()).take(pa.array(places)), "")
