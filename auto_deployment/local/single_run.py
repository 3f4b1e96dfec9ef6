"""One run for each data directory: a lock for as long as it lives."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auto_deployment.errors import MarqueeError


class AlreadyRunningError(MarqueeError):
    """Another run holds this data directory."""


@contextmanager
def only_run(lock: Path) -> Iterator[None]:
    """Hold the lock, which the kernel frees however we end; the file holds our process id for `make down`.

    Raises `AlreadyRunningError` naming the process that holds it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunningError(
                f"Marquee already runs on {lock.parents[1]} (process {file.read().strip() or 'unknown'}): "
                "stop it with Ctrl-C there or `make down`, or choose another DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)
