"""Fits on several cores: the same bits as on one, and no process that is left over."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from app.recommender import Recommender
from auto_deployment.training.errors import NotEnoughDataError, TrainingError
from auto_deployment.training.evaluate import evaluate as measuring
from auto_deployment.training.evaluate.recommenders import all_lists
from auto_deployment.training.train import top_lists
from auto_deployment.training.train.beside import beside
from auto_deployment.training.train.engines import local as fitting
from auto_deployment.training.train.fit import fit
from auto_deployment.training.train.ranking_model import fit_als
from auto_deployment.training.train.scorer import Scorer
from auto_deployment.training.train.stored_lists import store_lists
from auto_deployment.training.train.strength import liked, strength
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.project import PROJECT
from tests.support.training import movies_frame, small_params, taste_rows, training_data
from tests.support.waiting import eventually

PARAMS = small_params()
TRAIN = PARAMS.train
SLEEPS = """
import os, time
from tests.training.train.test_fitting import sleep_and_tell
from auto_deployment.training.train.beside import beside
with beside(sleep_and_tell, os.environ["TOLD"]):
    time.sleep(600)
"""


@pytest.fixture
def trainset() -> Trainset:
    return make_trainset(training_data(taste_rows()).interactions)


def sleep_and_tell(file: str) -> None:
    Path(file).write_text(f"{os.getpid()}\n", "utf-8")
    signal.pause()


def refuse() -> None:
    raise NotEnoughDataError("There is too little.")


def end_at_once() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_als_gives_the_same_bits_on_any_number_of_cores(
    trainset: Trainset, monkeypatch: pytest.MonkeyPatch
) -> None:
    likes = liked(trainset, strength(trainset, TRAIN.rating_power))
    found = []
    for cores in (1, 2, 4):
        monkeypatch.setattr(os, "sched_getaffinity", lambda process, cores=cores: set(range(cores)))
        model = fit_als(likes, 3.0, TRAIN.als, seed=1)
        found.append(model.user_factors.tobytes() + model.movie_factors.tobytes())
    assert found[1:] == found[:1] * 2


def test_a_model_is_the_same_whether_or_not_svd_has_a_process_of_its_own(
    trainset: Trainset, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = movies_frame(trainset.movie_ids)
    alone = fit(trainset, catalogue, PARAMS, "per_user").arrays
    asked: list[str] = []

    def noted(work: Callable[..., object], *args: object) -> AbstractContextManager[Callable[[], object]]:
        asked.append(work.__name__)
        return beside(work, *args)

    monkeypatch.setattr(fitting, "FIT_BESIDE", 1)
    monkeypatch.setattr(fitting, "beside", noted)
    both = fit(trainset, catalogue, PARAMS, "per_user").arrays
    assert asked == ["fit_ratings"]
    assert all(np.array_equal(alone[name], both[name]) for name in alone)


def test_the_item_part_has_the_same_spread_for_each_user_with_or_without_a_stored_list(
    trainset: Trainset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(top_lists, "BLOCK_USERS", 7)
    few = replace(PARAMS, train=replace(TRAIN, lists=replace(TRAIN.lists, stored_users=10)))
    fitted = fit(trainset, movies_frame(trainset.movie_ids), few, "per_user")
    assert np.count_nonzero(fitted.arrays["user_list_row"] >= 0) == 10
    sums = Scorer(fitted.as_model()).sums(np.arange(len(trainset.user_ids)))
    share = fitted.choice["item_weight"]
    assert share > 0
    assert fitted.arrays["user_item"] * sums.std(axis=1) == pytest.approx(
        np.where(sums.any(axis=1), share, 0), rel=1e-5
    )


def test_stored_and_measured_lists_are_the_same_on_any_number_of_cores(
    trainset: Trainset, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fit(trainset, movies_frame(trainset.movie_ids), PARAMS, "per_user").as_model()
    rows = np.arange(len(trainset.user_ids))
    monkeypatch.setattr(top_lists, "BLOCK_USERS", 7)
    found = []
    for count in (1, 4):
        monkeypatch.setattr(top_lists, "cores", lambda count=count: count)
        stored = store_lists(model, trainset, TRAIN)["top_items"].tolist()
        measured = all_lists(Recommender(model), rows, 5, seed=1)
        found.append((stored, {name: lists.tolist() for name, lists in measured.items()}))
    assert found[0] == found[1]


def test_a_model_is_measured_on_one_thread_of_blas(
    trainset: Trainset, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fit(trainset, movies_frame(trainset.movie_ids), PARAMS, "per_user").as_model()
    data, found = training_data(taste_rows()), list[int]()

    def note(*args: object) -> object:
        found.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return all_lists(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(measuring, "all_lists", note)
    with threadpool_limits(2, "blas"):
        measuring.evaluate(Recommender(model), trainset, data.interactions, data.users, small_params())
    assert set(found) == {1}


def test_what_the_work_raises_is_raised_here() -> None:
    with pytest.raises(NotEnoughDataError, match="too little"), beside(refuse) as result:
        result()


def test_work_whose_process_is_killed_says_what_to_do() -> None:
    with (
        pytest.raises(TrainingError, match=r"end_at_once was killed.*give it more"),
        beside(end_at_once) as result,
    ):
        result()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_work_ends_with_who_waits_for_it(tmp_path: Path, number: signal.Signals) -> None:
    told = tmp_path / "told"
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPS], cwd=PROJECT, env={**os.environ, "TOLD": str(told)}
    )
    eventually(lambda: told.exists() and told.read_text("utf-8").endswith("\n"))
    worker = int(told.read_text("utf-8"))
    process.send_signal(number)
    assert process.wait(60) == -number
    eventually(lambda: not is_running(worker))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
