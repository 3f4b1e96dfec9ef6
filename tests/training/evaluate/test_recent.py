"""What recent events are worth, on data small enough to fit in a moment."""

import subprocess
import sys

from auto_deployment.training.evaluate.recent import measure_recent
from auto_deployment.training.prepare.split import describe_split, split_by_time
from auto_deployment.training.train.choose.choice import describe_choice, plain_choice
from tests.support.project import PROJECT
from tests.support.training import small_params, taste_rows, training_data

PARAMS = small_params()


def test_lists_are_measured_with_and_without_recent_events() -> None:
    split = split_by_time(training_data(taste_rows()).interactions, PARAMS.prepare)
    details = {**describe_split(split), "choice": describe_choice(plain_choice(0.5, 1))}
    found = measure_recent(details, split.train, split.test, PARAMS)
    assert found["known"]["users"] >= 30
    assert found["known"]["recent_minus_stale"]["value"] >= 0
    assert [one["events"] for one in found["new"]] == [1, 2, 3, 5, 10, 20]
    assert found == measure_recent(details, split.train, split.test, PARAMS)


def test_what_cannot_be_measured_says_why() -> None:
    split = split_by_time(training_data(taste_rows()).interactions, PARAMS.prepare)
    details = {"split": {"kind": "random"}, "choice": describe_choice(plain_choice(0.5, 1))}
    assert "recent" in measure_recent(details, split.train, split.test, PARAMS)["skipped"]
    assert "skipped" in measure_recent({"split": {"kind": "global"}}, split.train, split.test, PARAMS)


def test_training_needs_no_library_of_the_store() -> None:
    code = (
        "import sys; sys.modules.update(lmdb=None, redis=None);"
        "import auto_deployment.training.evaluate.recent"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
