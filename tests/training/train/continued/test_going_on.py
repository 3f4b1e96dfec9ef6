"""Going on from another model's weights: what is kept, what is new, the same bytes again, nearly as good."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from app.artifact import Model, Movies, load
from app.recommender import Recommender
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.evaluate.compare import Pair, compare
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare import stage as prepare
from auto_deployment.training.prepare.prepared import read_prepared
from auto_deployment.training.train import stage as train
from auto_deployment.training.train.continued.items import choose_movies, largest
from auto_deployment.training.train.continued.parent import NOBODY, match
from auto_deployment.training.train.trainset import make_trainset
from auto_deployment.training.workspace import Workspace
from tests.support.cycle.workspace import SMALL, bytes_of, make_workspace
from tests.support.training import RatingRow, taste_rows

ROWS = taste_rows(users=90, movies=60, events=20, seed=8)
NEW_USERS = (89, 90)
NEW_MOVIE = "film+07+2000"


def known_before(row: RatingRow) -> bool:
    user, movie, _, minute = row
    return minute < 19 * 1440 and user not in NEW_USERS and movie != NEW_MOVIE


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with everything, a candidate made from nothing, and a parent made of most of it."""
    root = tmp_path_factory.mktemp("continued")
    before = make_workspace(root / "before" / "data", [row for row in ROWS if known_before(row)])
    place = make_workspace(root / "now" / "data", ROWS)
    for workspace in (before, place):
        prepare.run(workspace, SMALL.prepare)
        train.run(workspace, SMALL)
    place.candidate.rename(place.root / "from-nothing")
    shutil.copytree(before.candidate, place.parent)
    train.run(place, SMALL)
    return place


@pytest.fixture
def copy(place: Workspace, tmp_path: Path) -> Workspace:
    """Return a copy whose parent may be changed."""
    shutil.copytree(place.root, tmp_path / "data")
    return Workspace(tmp_path / "data")


@pytest.fixture
def going_on(place: Workspace) -> Model:
    return load(place.candidate)


def row_of(model: Model, user: int) -> int:
    return int(np.searchsorted(model.arrays["user_ids"], user))


def test_the_manifest_says_what_it_went_on_from(place: Workspace, going_on: Model) -> None:
    parent = load(place.parent)
    assert going_on.manifest["continued"] == {
        "from": parent.version, "content_hash": parent.content_hash, "round": 1,
        "new_users": 2, "new_movies": 1, "known_movies": 59,
    }  # fmt: skip
    chosen = {**going_on.manifest["choice"]}
    assert chosen.pop("from") == parent.version
    assert chosen == {name: parent.manifest["choice"][name] for name in chosen}
    assert "continued" not in load(place.root / "from-nothing").manifest


def test_the_same_parent_and_data_give_the_same_bytes_and_leave_the_parent_alone(copy: Workspace) -> None:
    before, parent = bytes_of(copy.candidate), bytes_of(copy.parent)
    train.run(copy, SMALL)
    assert bytes_of(copy.candidate) == before
    assert bytes_of(copy.parent) == parent


def test_a_note_that_there_is_no_parent_trains_from_nothing(copy: Workspace) -> None:
    shutil.rmtree(copy.parent)
    copy.parent.mkdir()
    (copy.parent / NOBODY).write_text("none")
    train.run(copy, SMALL)
    assert bytes_of(copy.candidate) == bytes_of(copy.root / "from-nothing")


def test_it_is_nearly_as_good_as_from_nothing(place: Workspace, going_on: Model) -> None:
    prepared = read_prepared(place.prepared)
    against = Pair(Recommender(going_on), Recommender(load(place.root / "from-nothing")))
    found = compare(against, prepared.test, prepared.users, SMALL)
    assert found["ranking"]["difference"]["value"] > -0.03
    assert found["rating"]["ratio"]["value"] < 1.02


def test_factors_begin_where_the_parents_are(place: Workspace, going_on: Model) -> None:
    """From nothing they would be somewhere else: which dimension is which is chance."""
    parent, anew = load(place.parent), load(place.root / "from-nothing")
    rows = [parent.movies.ids.index(movie) for movie in going_on.movies.ids if movie != NEW_MOVIE]
    here = [movie != NEW_MOVIE for movie in going_on.movies.ids]

    def distance(model: Model) -> float:
        theirs = parent.arrays["item_factors"][rows]
        return float(np.linalg.norm(model.arrays["item_factors"][here] - theirs))

    assert distance(going_on) < 0.5 * distance(anew)


def test_new_users_and_movies_get_sensible_factors(going_on: Model) -> None:
    """Users are of two kinds, who see two halves of the movies: new ones are among their own kind."""
    arrays, recommender = going_on.arrays, Recommender(going_on)
    half = np.array([movie >= "film+30" for movie in going_on.movies.ids])
    for user in NEW_USERS:
        scores = recommender.scores(row_of(going_on, user))
        own = half if user % 2 else ~half
        assert np.median(scores[own & np.isfinite(scores)]) > np.median(scores[~own & np.isfinite(scores)])
    cut = int(going_on.manifest["scalars"]["rank_factors"])
    new = arrays["item_factors"][going_on.movies.ids.index(NEW_MOVIE), :cut]
    likeness = arrays["item_factors"][:, :cut] @ new
    assert likeness[~half].mean() > likeness[half].mean()
    new_rows = [row_of(going_on, user) for user in NEW_USERS]
    assert arrays["user_bias"][new_rows].all()
    assert arrays["user_factors"][new_rows, cut:].any(axis=1).all()


def test_who_has_nothing_new_keeps_the_weight_of_items_and_has_no_stored_list(copy: Workspace) -> None:
    """As in a parent that was made of the very same data."""
    shutil.rmtree(copy.parent)
    shutil.copytree(copy.root / "from-nothing", copy.parent)
    train.run(copy, SMALL)
    same, parent = load(copy.candidate), load(copy.parent)
    assert (same.arrays["user_list_row"] == -1).all()
    assert (same.arrays["user_item"] == parent.arrays["user_item"]).all()
    assert same.arrays["user_item"].any() == (parent.manifest["choice"]["item_weight"] > 0)


def test_stored_lists_are_those_that_are_computed(going_on: Model) -> None:
    arrays = going_on.arrays
    stored = np.flatnonzero(arrays["user_list_row"] >= 0)
    assert len(stored) > 0
    recommender = Recommender(going_on)
    for row in stored.tolist():
        scores = recommender.scores(row)
        top = arrays["top_items"][arrays["user_list_row"][row]]
        assert (np.diff(scores[top[top >= 0]]) <= 0).all()


def changed(**sections: Any) -> TrainingParams:
    return replace(SMALL, train=replace(SMALL.train, **sections))


def continued(**limits: Any) -> TrainingParams:
    return changed(continued=replace(SMALL.train.continued, **limits))


def refusal(place: Workspace, params: TrainingParams = SMALL, **instead: Any) -> str:
    """Return what is said of the parent, its parts or what is prepared replaced."""
    prepared = read_prepared(place.prepared)
    if "test" in instead:
        prepared = replace(prepared, test=instead.pop("test"))
    model = replace(load(place.parent), **instead)
    with pytest.raises(TrainingError) as raised:
        match(model, prepared, make_trainset(prepared.train), params)
    assert len(str(raised.value).splitlines()) == 1
    assert str(raised.value).endswith(": train from nothing, with `marquee retrain`.")
    return str(raised.value)


@pytest.mark.parametrize(
    ("params", "why"),
    [
        (changed(rating_power=2.0), "its parameters differ in train.rating_power (2.5, now 2.0)"),
        (changed(als=replace(SMALL.train.als, factors=16)), "train.als.factors (8, now 16)"),
        (continued(known_min=0.999), "of the events are of movies that it knows, less than 99.9%"),
        (continued(rounds_max=0), "0 models have gone on one from the other already"),
    ],
)
def test_a_parent_is_refused_by_what_is_asked_for_now(
    place: Workspace, params: TrainingParams, why: str
) -> None:
    assert why in refusal(place, params)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 1}, "its format is 1 and not 2"),
        ({"scalars": {"rank_factors": 7}}, "it has 7 and 7 factors, not 8 and 6"),
        ({"split": {"kind": "global"}}, "its data was split otherwise (global, now per_user)"),
        ({"continued": {"round": 10}}, "10 models have gone on one from the other already"),
        ({"parameters": None}, "its parameters differ in prepare (not there, now others)"),
    ],
)
def test_a_parent_is_refused_by_what_it_says_of_itself(
    place: Workspace, changes: dict[str, Any], why: str
) -> None:
    assert why in refusal(place, manifest={**load(place.parent).manifest, **changes})


def test_a_parent_that_has_learnt_what_is_held_out_is_refused(place: Workspace) -> None:
    """Lists would look better than they are."""
    said = refusal(place, test=read_prepared(place.prepared).train)
    assert re.search(r"it has learnt from 9\d\.\d% of the events held out now, more than 1\.0%", said)


def test_a_parent_of_other_movies_is_refused(place: Workspace) -> None:
    movies = load(place.parent).movies
    others = Movies([f"show{one}" for one in movies.ids], movies.titles, movies.genres)
    assert "only 0.0% of its movies are in the data, less than 90.0%" in refusal(place, movies=others)


def test_a_damaged_parent_is_no_reason_to_train_from_nothing(copy: Workspace) -> None:
    before = bytes_of(copy.candidate)
    (copy.parent / "manifest.json").unlink()
    with pytest.raises(TrainingError, match=r"there is no complete model here.*train from nothing"):
        train.run(copy, SMALL)
    assert bytes_of(copy.candidate) == before


def test_the_movies_computed_anew_are_the_most_liked_and_a_fifth_new_ones() -> None:
    users = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1])
    is_new = np.array([False] * 5 + [True] * 4)
    assert choose_movies(users, is_new, 5).tolist() == [0, 1, 2, 3, 5]
    assert choose_movies(users, is_new, 20).tolist() == list(range(8))  # what one user likes says nothing


def test_of_all_weights_the_largest_stay() -> None:
    weights = csr_matrix(np.array([[0.0, 3.0, -4.0], [1.0, 0.0, 2.0], [0.5, 0.0, 0.0]], dtype=np.float32))
    assert largest(weights, 3).toarray().tolist() == [[0, 3, -4], [0, 0, 2], [0, 0, 0]]
