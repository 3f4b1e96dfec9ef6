"""One at a time, by a lock that the kernel frees however its holder ends."""

import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from auto_deployment.errors import MarqueeError
from auto_deployment.host.durations import duration


class BusyError(MarqueeError):
    """Somebody else is at it. The message names who."""


@contextmanager
def held(lock: Path, name: str, refuse: Callable[[str], MarqueeError]) -> Iterator[IO[str]]:
    """Hold a lock whose file says `name`; raise what `refuse` makes of the present holder's name."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise refuse(file.read().strip()) from None
        file.truncate(0)
        file.write(f"{name}\n")
        file.flush()
        yield file


@contextmanager
def only_one(lock: Path, what: str) -> Iterator[None]:
    """Be the only one at something; raise `BusyError` naming the process that already is, and since when."""

    def refuse(holder: str) -> BusyError:
        owner = describe_owner(holder, datetime.now(UTC))
        return BusyError(
            f"{what} already runs on {lock.parent} ({owner}): stop it, or choose another DATA_DIR."
        )

    now = datetime.now(UTC).isoformat(timespec="seconds")
    with held(lock, f"{os.getpid()} {socket.gethostname()} {now}", refuse):
        yield


def describe_owner(text: str, now: datetime) -> str:
    """Say who holds a lock, from what the file says: process, host, since when. Pure."""
    words = text.split()
    try:
        pid, host, since = words
        age = now - datetime.fromisoformat(since)
    except (ValueError, TypeError):
        return f"process {words[0] if words else 'unknown'}"
    return f"process {pid} on {host}, for {duration(age)}, since {since}"


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
