"""A fit in a process of its own, beside another: two that take a core each take the time of the longer."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from auto_deployment.host.processes import end_with
from auto_deployment.training.errors import TrainingError

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def beside(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> Iterator[Callable[[], T]]:
    """Let another process do the work meanwhile; yield what waits for its result.

    Function, arguments and result go through pickle. What the work raises is raised by waiting for it, and
    `TrainingError` where its process was killed. It does not outlive ours, however that ends.
    """
    # A fresh interpreter: one that is forked beside threads of BLAS and Arrow may hang in their locks.
    with ProcessPoolExecutor(1, get_context("spawn"), end_with, (os.getpid(),)) as pool:
        future = pool.submit(work, *args, **options)

        def result() -> T:
            try:
                return future.result()
            except BrokenProcessPool as error:
                raise TrainingError(
                    f"The process of {work.__name__} was killed, most likely because memory ran out: give it "
                    "more, or train on less."
                ) from error

        yield result
