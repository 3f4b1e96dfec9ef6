"""Demo data is what ingesting the same platform's lines gives, and can be learnt from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.dataset.events import Rejection, parse
from auto_deployment.dataset.reading import read_watches
from auto_deployment.dataset.segments import list_segments
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.simulate.demo import write_demo
from auto_deployment.simulate.past import SimulatedPast
from auto_deployment.simulate.stream import generate_chunks
from tests.support.release.simulation import PARAMS_FILE, small_params, small_platform

SORTED_BY = ["kind", "user_id", "movie_id", "time", "latency_ms"]


def frame(batches: list[pa.RecordBatch]) -> pd.DataFrame:
    rows = pa.Table.from_batches(batches).to_pandas()
    rows[["kind", "movie_id"]] = rows[["kind", "movie_id"]].astype(object)
    rows[["minutes", "movies"]] = rows[["minutes", "movies"]].map(
        lambda cell: cell if cell is None else [*cell]
    )
    ordered: pd.DataFrame = rows.sort_values(SORTED_BY, ignore_index=True)
    return ordered


@pytest.mark.parametrize("digits", [0, 3])
def test_the_rows_are_those_of_the_lines(digits: int) -> None:
    platform = small_platform(users=300, movies=40, days=4, watch_fraction_digits=digits)
    builder = SegmentBuilder()
    for line in (line for chunk in generate_chunks(platform) for line in chunk.messages):
        event = parse(line)
        assert not isinstance(event, Rejection)
        builder.add(event)
    past = SimulatedPast(platform, (1, 5))
    expected, rows = list(builder.record_batches()), list(past.record_batches())
    pd.testing.assert_frame_equal(frame(rows), frame(expected))
    source = {"kind": "simulation"}
    assert past.meta(source) == builder.meta(source, (1, 5))


def test_demo_data_is_written_once(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    assert write_demo(small_params(), (1, 5), paths)
    assert not write_demo(small_params(), (1, 5), paths)
    assert len(list_segments(paths.segments)) == 1
    watched = read_watches(paths.segments).frame["movie_id"]
    assert set(watched) <= set(MOVIES.read(paths.catalog)["movie_id"])


def test_taste_can_be_learnt_from_the_shipped_demo(tmp_path: Path) -> None:
    """Compare untuned ALS with popularity on what users watch later; `docs/simulator.md` has the figures."""
    write_demo(load_params(PARAMS_FILE).simulate, (1, 5), Paths(tmp_path))
    watches = read_watches(Paths(tmp_path).segments).frame
    assert len(watches) > 60_000
    movie, _ = pd.factorize(watches["movie_id"])
    user = watches["user_id"].to_numpy()
    early = (watches["first_time"] <= watches["first_time"].quantile(0.8)).to_numpy()
    shape = (int(user.max()) + 1, int(movie.max()) + 1)
    ones = np.ones(len(user), np.float32)
    known = sp.csr_matrix((ones[early], (user[early], movie[early])), shape)
    later = sp.csr_matrix((ones[~early], (user[~early], movie[~early])), shape).toarray() > 0
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(16, regularization=0.1, alpha=10, random_state=1, num_threads=1)
        model.fit(known, show_progress=False)
    popularity = np.broadcast_to(np.asarray(known.sum(axis=0)), shape)
    seen = known.toarray() > 0
    personal = ndcg_at_10(model.user_factors @ model.item_factors.T, seen, later)
    assert personal > 1.5 * ndcg_at_10(popularity, seen, later)


def ndcg_at_10(scores: np.ndarray, seen: np.ndarray, relevant: np.ndarray) -> float:
    users = seen.any(axis=1) & relevant.any(axis=1)
    best = np.argsort(-np.where(seen, -np.inf, scores)[users], axis=1)[:, :10]
    discount = 1 / np.log2(np.arange(2, 12))
    gain = np.take_along_axis(relevant[users], best, axis=1) @ discount
    ideal = discount.cumsum()[np.minimum(relevant[users].sum(axis=1), 10) - 1]
    return float(np.mean(gain / ideal))
