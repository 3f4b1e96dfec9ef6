"""A connection to Spark, and steps that are repeated where Spark's own retries did not help."""

import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from auto_deployment.training.errors import TrainingError
from auto_deployment.training.params import SparkParams
from auto_deployment.training.train.engines.spark import work
from auto_deployment.training.train.engines.spark.failures import SparkError, losses, quiet, reason

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

T = TypeVar("T")
log = logging.getLogger(__name__)

INSTALL = "install auto_deployment/training/train/engines/spark.txt, or take the image marquee-spark"
LOOK_S = 1.0  # between two looks at who is there
WAVE = 16  # partitions whose results are brought at a time
# Each iteration of least squares makes what is sent with a task deeper; ten are too deep for 1 MB of stack.
STACK = "-Xss16m"


@dataclass(frozen=True, slots=True)
class Cluster:
    """`master` is `local[N]` or `spark://HOST:PORT`; `driver_host` is where workers reach us."""

    master: str
    driver_host: str | None = None

    @property
    def has_workers(self) -> bool:
        return not self.master.startswith("local")


def check_installed() -> None:
    """Raise `TrainingError` with what to install where pyspark or Java is missing."""
    try:
        import pyspark as _  # noqa: F401
    except ImportError as error:
        raise TrainingError(f"TRAIN_ENGINE is spark, and pyspark is not installed: {INSTALL}.") from error
    home = os.environ.get("JAVA_HOME")
    if not (Path(home, "bin", "java").is_file() if home else shutil.which("java")):
        where = "JAVA_HOME names no Java" if home else "there is no `java`"
        raise TrainingError(
            f"TRAIN_ENGINE is spark, and {where}: install Java 17 or 21 (Debian's "
            "openjdk-21-jre-headless), or take the image marquee-spark."
        )


def options(cluster: Cluster, params: SparkParams, blocks: int) -> Mapping[str, str]:
    """Return Spark's own settings: partitions are fixed, so that the same data is divided in the same way."""
    log = Path(__file__).with_name("log4j2.properties").as_uri()
    found = {
        "spark.app.name": "marquee training",
        "spark.master": cluster.master,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.default.parallelism": f"{blocks}",
        "spark.sql.shuffle.partitions": f"{blocks}",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.memory": f"{params.driver_memory_mb}m",
        "spark.executor.memory": f"{params.executor_memory_mb}m",
        # What comes back is as large as the model, whatever Spark would call too much.
        "spark.driver.maxResultSize": "0",
        "spark.python.authenticate.socketTimeout": "120s",  # on a busy host 15 are not enough
        "spark.driver.extraJavaOptions": f"{STACK} -Dlog4j2.configurationFile={log}",
        "spark.executor.extraJavaOptions": STACK,
        # A worker or a block that is gone is missed within this time, not within two minutes.
        "spark.network.timeout": "60s",
        "spark.executor.heartbeatInterval": "5s",
    }
    if cluster.driver_host is not None:
        found |= {"spark.driver.host": cluster.driver_host, "spark.driver.bindAddress": "0.0.0.0"}
    return found


class Jobs:
    """Runs steps on a session. Each is a function of what the driver has, so it can be repeated."""

    def __init__(self, session: "SparkSession", cluster: Cluster, params: SparkParams) -> None:
        self.session, self._cluster, self._params = session, cluster, params
        self._context = session.sparkContext
        self._is_over, self._is_alone = threading.Event(), False

    def step(self, what: str, compute: Callable[[], T]) -> T:
        """Return what the step computes; raise `SparkError` where it failed `attempts` times."""
        lost, cause = losses(), ""
        for attempt in range(1, self._params.attempts + 1):
            log.info("Spark computes %s, attempt %d", what, attempt)
            try:
                return compute()
            except lost as error:
                cause = reason(error)
                log.info("Spark failed: %s", cause)
            if self._is_alone:
                raise SparkError(
                    f"{self._cluster.master} had no worker for {self._params.no_worker_max_s} s while Spark "
                    f"computed {what}: see that master and workers run, then train again."
                )
            if self._has_ended():
                break
        raise SparkError(
            f"Spark at {self._cluster.master} could not compute {what} ({cause}): see the logs of its "
            "workers, then train again."
        )

    def collected(self, made: Any) -> Iterator[Any]:
        """Yield an RDD's elements partition by partition, a few partitions in memory at a time."""
        count = made.getNumPartitions()
        for start in range(0, count, WAVE):
            wave = range(start, min(start + WAVE, count))
            yield from self._context.runJob(made, list, partitions=list(wave))

    def spread(self, blocks: Iterable[Any]) -> Any:
        """Return an RDD with a partition for each of these."""
        found = list(blocks)
        return self._context.parallelize(found, len(found))

    @contextmanager
    def shared(self, value: T) -> Iterator[Any]:
        """Send a value to every worker once; its `value` is there what it is here."""
        sent = self._context.broadcast(value)
        try:
            yield sent
        finally:
            self._forget(sent)

    def _forget(self, sent: Any) -> None:
        from py4j.protocol import Py4JError

        with suppress(Py4JError, OSError):
            sent.destroy()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Give up where a cluster has no worker for too long: Spark itself would wait for ever."""
        watch = threading.Thread(target=self._watch, daemon=True)
        if self._cluster.has_workers:
            watch.start()
        try:
            yield
        finally:
            self._is_over.set()
            if watch.is_alive():
                watch.join()

    def _watch(self) -> None:
        from py4j.protocol import Py4JError

        alone_s = 0.0
        while not self._is_over.wait(LOOK_S):
            try:
                workers = self._context._jsc.sc().getExecutorMemoryStatus().size() - 1
            except (Py4JError, OSError):
                return
            alone_s = 0.0 if workers else alone_s + LOOK_S
            if self._is_alone or alone_s >= self._params.no_worker_max_s:
                self._is_alone = True
                self._context.cancelAllJobs()  # again and again: the next job would wait as well

    def _has_ended(self) -> bool:
        from py4j.protocol import Py4JError

        try:
            return bool(self._context._jsc.sc().isStopped())
        except (Py4JError, OSError):
            return True


@contextmanager
def connected(cluster: Cluster, params: SparkParams, blocks: int) -> Iterator[Jobs]:
    """Begin a session and end it; raise `SparkError` where it does not come about."""
    from pyspark import cloudpickle
    from pyspark.sql import SparkSession

    lost = losses()
    # Only `spark-submit` reads `spark.pyspark.python`; without this, workers are the first `python3` in PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    logging.getLogger("py4j").setLevel(logging.WARNING)  # it speaks at the very end, after our last sentence
    builder = SparkSession.builder
    for name, value in options(cluster, params, blocks).items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except lost as error:
        raise SparkError(f"Spark at {cluster.master} did not start ({reason(error)}).") from error
    cloudpickle.register_pickle_by_value(work)  # workers need not have our code
    jobs = Jobs(session, cluster, params)
    try:
        with jobs.watched(), quiet():
            yield jobs
    finally:
        cloudpickle.unregister_pickle_by_value(work)
        with suppress(*lost):
            session.stop()
