"""One run for each data directory: a lock for as long as it lives."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auto_deployment.errors import MarqueeError
from auto_deployment.host.locks import held


class AlreadyRunningError(MarqueeError):
    """Another run holds this data directory."""


@contextmanager
def only_run(lock: Path) -> Iterator[None]:
    """Hold the lock, which the kernel frees however we end; the file holds our process id for `make down`.

    Raises `AlreadyRunningError` naming the process that holds it.
    """

    def refuse(holder: str) -> AlreadyRunningError:
        return AlreadyRunningError(
            f"Marquee already runs on {lock.parents[1]} (process {holder or 'unknown'}): "
            "stop it with Ctrl-C there or `make down`, or choose another DATA_DIR."
        )

    with held(lock, str(os.getpid()), refuse) as file:
        yield
        file.truncate(0)
