"""Steps are repeated from what the driver has; one sentence ends what cannot be done. Spark is a stand-in."""

import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from auto_deployment.training.params import SparkParams
from auto_deployment.training.train.engines.spark import session
from auto_deployment.training.train.engines.spark.failures import SparkError, reason
from auto_deployment.training.train.engines.spark.session import Cluster, Jobs, options
from tests.support.waiting import eventually

PARAMS = SparkParams(attempts=3, no_worker_max_s=2)
CLUSTER = Cluster("spark://master:7077")


class Py4JError(Exception):
    """What a lost result is for Python."""


class PySparkException(Exception):
    """The same for data frames."""


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    contents: dict[str, dict[str, object]] = {
        "py4j": {}, "py4j.protocol": {"Py4JError": Py4JError}, "pyspark": {},
        "pyspark.errors": {"PySparkException": PySparkException},
    }  # fmt: skip
    for name, content in contents.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)


class FakeContext:
    """A context with so many executors, the driver's own among them, whose jobs can be cancelled."""

    def __init__(self, executors: int = 3, *, stopped: bool = False) -> None:
        status = SimpleNamespace(size=lambda: executors)
        java = SimpleNamespace(getExecutorMemoryStatus=lambda: status, isStopped=lambda: stopped)
        self._jsc = SimpleNamespace(sc=lambda: java)
        self.cancelled = False

    def cancelAllJobs(self) -> None:
        self.cancelled = True

    def runJob(self, made: Any, work: Callable[[Any], Any], partitions: list[int]) -> list[Any]:
        return [one for place in partitions for one in work(iter(made.parts[place]))]


def jobs_on(context: FakeContext, params: SparkParams = PARAMS) -> Jobs:
    return Jobs(cast(Any, SimpleNamespace(sparkContext=context)), CLUSTER, params)


def failing(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def compute() -> str:
        if left:
            raise left.pop()
        return "done"

    return compute


@pytest.mark.parametrize(
    "error",
    [
        Py4JError("a result was lost"),
        PySparkException("x"),
        EOFError(),
        pa.ArrowInvalid("Expected to be able to read 8 bytes"),
        UnboundLocalError("sockfile"),
    ],
)
def test_a_step_whose_results_were_lost_is_computed_again(error: Exception) -> None:
    assert jobs_on(FakeContext()).step("factors", failing(2, error)) == "done"


def test_a_step_that_fails_again_and_again_ends_with_one_sentence() -> None:
    with pytest.raises(SparkError) as refusal:
        jobs_on(FakeContext()).step("factors", failing(3, Py4JError("Job aborted.\n  at Stack.scala")))
    assert str(refusal.value) == (
        "Spark at spark://master:7077 could not compute factors (Job aborted): see the logs of its workers, "
        "then train again."
    )


def test_of_a_stack_in_a_worker_what_it_ends_with_is_said() -> None:
    said = "An exception:\nTraceback (most recent call last):\n  File x\nModuleNotFoundError: No numpy\n"
    assert reason(PySparkException(said)) == "ModuleNotFoundError: No numpy"


def test_no_step_is_repeated_on_a_session_that_has_ended() -> None:
    with pytest.raises(SparkError, match="could not compute"):
        jobs_on(FakeContext(stopped=True)).step("factors", failing(1, Py4JError("gone")))


def test_faults_of_our_own_are_not_taken_for_sparks() -> None:
    with pytest.raises(ZeroDivisionError):
        jobs_on(FakeContext()).step("factors", failing(1, ZeroDivisionError()))


def test_a_cluster_without_workers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LOOK_S", 0.01)
    context = FakeContext(executors=1)
    jobs = jobs_on(context, replace(PARAMS, no_worker_max_s=0))
    with jobs.watched():
        eventually(lambda: context.cancelled)
        with pytest.raises(SparkError, match=r"had no worker for 0 s while Spark computed factors"):
            jobs.step("factors", failing(3, Py4JError("cancelled")))


def test_results_come_in_the_order_of_partitions_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "WAVE", 2)
    made = SimpleNamespace(getNumPartitions=lambda: 5, parts=[[place, -place] for place in range(5)])
    found = list(jobs_on(FakeContext()).collected(made))
    assert found == [0, 0, 1, -1, 2, -2, 3, -3, 4, -4]


def test_partitions_are_fixed_and_an_address_for_workers_is_told() -> None:
    found = options(Cluster("spark://a:1", "driver"), PARAMS, 7)
    assert found["spark.default.parallelism"] == found["spark.sql.shuffle.partitions"] == "7"
    assert found["spark.sql.adaptive.enabled"] == "false"
    assert found["spark.driver.host"] == "driver"
    assert "spark.driver.host" not in options(Cluster("local[2]"), PARAMS, 1)
