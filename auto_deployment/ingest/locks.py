"""Who may do what to a folder at the same time, by locks that the kernel frees however their holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auto_deployment.errors import MarqueeError


class BusyError(MarqueeError):
    """Somebody else is at it. The message names who."""


@contextmanager
def only_one(lock: Path, what: str) -> Iterator[None]:
    """Be the only one at something; raise `BusyError` naming the process that already is."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise BusyError(
                f"{what} already runs on {lock.parent} (process {file.read().strip() or 'unknown'}): "
                "stop it, or choose another DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def reading(directory: Path) -> Iterator[None]:
    """Keep the segments of a folder from being joined and removed for as long as they are read.

    New ones may still appear. May be nested, and held by many at once.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def removing(directory: Path) -> Iterator[bool]:
    """Keep readers away from the segments of a folder, unless there are some: yield whether it worked."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
