"""Has one process of the instance follow: any worker starts it when nobody has the lock."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from app.recent.options import FollowOptions

PROJECT = Path(__file__).parents[2]
END_S = 2.0


class FollowerKeeper:
    """One worker's part of it. Of two that start one at the same time, one ends at once."""

    def __init__(self, options: FollowOptions) -> None:
        self._options = options
        self._child: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start the process where there is none."""
        if self._child is not None and self._child.poll() is None:
            return
        self._child = None
        if self._is_free():
            self._child = self._start()

    def stop(self) -> None:
        """End ours, so that another worker starts one without waiting."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _is_free(self) -> bool:
        self._options.lock.parent.mkdir(parents=True, exist_ok=True)
        with self._options.lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def _start(self) -> "subprocess.Popen[bytes]":
        child = subprocess.Popen([sys.executable, "-m", "app.recent"], cwd=PROJECT, stdin=subprocess.PIPE)
        assert child.stdin is not None
        with child.stdin as told:
            told.write(self._options.of_parent(os.getpid()).to_json() + b"\n")
        return child
