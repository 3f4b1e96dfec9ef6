"""Locks on a folder for readers and for whoever removes files; the kernel frees them when a process ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
