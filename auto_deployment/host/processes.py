"""Processes that do not outlive who needs them: ended with their parent, or by whoever comes after a kill."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from auto_deployment.host.files import replace_text

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PR_SET_PDEATHSIG = 1


def end_with_parent() -> Callable[[], None]:
    """Return what a child has to call before it becomes another program: it gets SIGTERM when we end."""
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()
    return lambda: _tie(libc, parent, signal.SIGTERM)


def end_with(parent: int) -> None:
    """Let this process, a child of `parent`, be killed when the thread that has started it ends."""
    _tie(ctypes.CDLL(None, use_errno=True), parent, signal.SIGKILL)


def _tie(libc: ctypes.CDLL, parent: int, number: int) -> None:
    libc.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


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
    left = {name: int(name.split()[1]) for name in names if still_runs(name)}
    for number, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 1.0)):
        deadline = time.monotonic() + patience_s
        for pid in left.values():
            with suppress(ProcessLookupError):  # by the second signal most groups are gone
                os.killpg(pid, number)
                os.killpg(pid, signal.SIGCONT)  # what was stopped could not see the signal before
        while any(map(still_runs, left)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return len(left)


def still_runs(name: str) -> bool:
    """Tell whether the process that `identity` once called so has not ended; text of any kind is taken."""
    words = name.split()
    return len(words) == 3 and words[1].isdecimal() and identity(int(words[1])) == name
