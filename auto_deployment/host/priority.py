"""Whose turn it is on a busy host, for plain processes: who serves goes first, what can wait comes last.

Niceness is the kernel's, 0 (usual) to 19 (last); nobody here asks for less, so no privileges are needed. The
order of reads and writes follows it where no other was set (ioprio_set(2)).
"""

import os
import time
from pathlib import Path

SERVING = 0
BACKGROUND = 5  # people wait for its work, but not within milliseconds; also an instance until it serves
BATCH = 19  # training, imports, simulators
TRIES, PAUSE_S = 5, 0.1


def lower(nice: int) -> None:
    """Let this process, and what it starts, wait for others from now on: there is no way back."""
    os.nice(max(0, nice - os.nice(0)))
    if os.getsid(0) == os.getpid():  # else the session is that of a terminal, and not ours
        weigh_session(os.getpid(), nice)


def weigh_session(pid: int, nice: int) -> bool:
    """Weigh the session of a process against other sessions; tell whether this kernel does so.

    With sched_autogroup (sched(7)) niceness counts within a session only, and each program of a run has its
    own. Unlike niceness this weight may be raised again, to 0 at most.
    """
    for _ in range(TRIES):
        try:
            Path(f"/proc/{pid}/autogroup").write_text(f"{nice}\n", "ascii")
        except BlockingIOError:  # one change each 100 ms of all that have no privileges
            time.sleep(PAUSE_S)
        except OSError:  # no such feature, or the process has ended
            return False
        else:
            return True
    return False
