"""One at a time, by locks that the kernel frees however their holder ends."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from auto_deployment.errors import MarqueeError
from auto_deployment.host.durations import duration
from auto_deployment.host.files import lock_now

_LOOK_EVERY_S = 0.02


class BusyError(MarqueeError):
    """Somebody else is at it. The message names who."""


@contextmanager
def held(lock: Path, name: str, refusal: Callable[[str], str], patience_s: float = 0.0) -> Iterator[IO[str]]:
    """Hold a lock whose file says `name`; raise `BusyError`, which `refusal` words for its holder.

    With patience, others are waited for that long.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        give_up_s = time.monotonic() + patience_s
        while not lock_now(file):
            if time.monotonic() < give_up_s:
                time.sleep(_LOOK_EVERY_S)
                continue
            file.seek(0)
            raise BusyError(refusal(file.read().strip()))
        file.truncate(0)
        file.write(f"{name}\n")
        file.flush()
        yield file


@contextmanager
def only_one(lock: Path, what: str) -> Iterator[None]:
    """Be the only one at something; raise `BusyError` naming the process that already is, and since when."""

    def refusal(holder: str) -> str:
        owner = describe_owner(holder, datetime.now(UTC))
        return f"{what} already runs on {lock.parent} ({owner}): stop it, or choose another DATA_DIR."

    with held(lock, owner_text(), refusal):
        yield


def owner_text() -> str:
    """Return what a lock file says of us, for `describe_owner`."""
    return f"{os.getpid()} {socket.gethostname()} {datetime.now(UTC).isoformat(timespec='seconds')}"


def describe_owner(text: str, now: datetime) -> str:
    """Say who holds a lock, from what the file says: process, host, since when. Pure."""
    words = text.split()
    try:
        pid, host, since = words
        age = now - datetime.fromisoformat(since)
    except (ValueError, TypeError):
        return f"process {words[0] if words else 'unknown'}"
    return f"process {pid} on {host}, for {duration(age)}, since {since}"


@contextmanager
def only_run(lock: Path) -> Iterator[None]:
    """Be the only local run; while it lasts the file holds our process id alone, for `make down`."""

    def refusal(holder: str) -> str:
        return (
            f"Marquee already runs on {lock.parents[1]} (process {holder or 'unknown'}): "
            "stop it with Ctrl-C there or `make down`, or choose another DATA_DIR."
        )

    with held(lock, str(os.getpid()), refusal) as file:
        yield
        file.truncate(0)
