"""One run for each data directory: a lock for as long as it lives, and an end for what a killed one left."""

import fcntl
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from auto_deployment.errors import MarqueeError
from auto_deployment.local.files import replace_text

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


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


def identity(pid: int) -> str | None:
    """Return what tells a process from a later one of the same number, None when there is none."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    ended = words[0] in "ZX"
    return None if ended else f"{BOOT_ID.read_text('ascii').strip()} {pid} {words[19]}"


def remember(file: Path, pids: Iterable[int]) -> None:
    """Write down which process groups belong to this run, a line for each."""
    replace_text(file, "".join(f"{name}\n" for pid in pids if (name := identity(pid)) is not None))


def end_leftovers(file: Path, grace_s: float = 5.0) -> int:
    """End the groups that a killed run has left; return how many there were. Call it with the lock held."""
    try:
        names = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    left = {name: int(name.split()[1]) for name in names if _still_the_same(name)}
    for number, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 1.0)):
        deadline = time.monotonic() + patience_s
        for pid in left.values():
            with suppress(ProcessLookupError):  # by the second signal most groups are gone
                os.killpg(pid, number)
                os.killpg(pid, signal.SIGCONT)  # what was stopped could not see the signal before
        while any(map(_still_the_same, left)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return len(left)


def _still_the_same(name: str) -> bool:
    words = name.split()
    return len(words) == 3 and words[1].isdecimal() and identity(int(words[1])) == name
