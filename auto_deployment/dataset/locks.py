"""Locks on a folder for readers and for whoever removes files; the kernel frees them when a process ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auto_deployment.host.files import lock_now


@contextmanager
def reading(directory: Path) -> Iterator[None]:
    """Keep the segments of a folder from being joined and removed for as long as they are read.

    New ones may still appear. May be nested, and held by many at once.
    """
    if not directory.exists():
        yield
        return
    with _opened(directory) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


@contextmanager
def removing(directory: Path) -> Iterator[bool]:
    """Keep readers away from the segments of a folder, unless there are some: yield whether it worked."""
    with _opened(directory) as descriptor:
        yield lock_now(descriptor)


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
