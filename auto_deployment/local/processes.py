"""One child process that cannot outlive us: in a group of its own, stopped gracefully, then for sure."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from auto_deployment.host.priority import weigh_session
from auto_deployment.host.processes import end_with_parent
from auto_deployment.release.ports import PortError


class ProcessError(PortError):
    """A process of the run cannot be started, does not come up, or ended by itself."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to start: a name for people, the words of the command, its environment, and its log file."""

    name: str
    command: Sequence[str]
    log: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    graceful: signal.Signals = signal.SIGTERM


class Child:
    """A running program. Ctrl-C in the terminal does not reach it: we stop everything in order.

    Raises `ProcessError` when it cannot be started.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        try:
            self._process = _started(program)
        except (OSError, subprocess.SubprocessError) as error:
            raise ProcessError(f"{program.name} cannot be started: {error}.") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def weigh(self, nice: int) -> None:
        """Let its turn come later than that of others, or as early again."""
        weigh_session(self.pid, nice)

    def exit_status(self) -> int | None:
        """Return the status once the program has ended (negative: by that signal), None while it runs."""
        if self._process.returncode is None and self._has_ended():
            self._reap()
        return self._process.returncode

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the main process; nothing happens when it has ended."""
        if self.exit_status() is None:
            os.kill(self.pid, number)

    def ask_to_stop(self) -> None:
        """Ask for a graceful end, also where a signal has stopped the program."""
        if self.exit_status() is None:
            os.kill(self.pid, self.program.graceful)
            os.killpg(self.pid, signal.SIGCONT)

    def wait(self, timeout_s: float) -> bool:
        """Return whether it ended within the time."""
        deadline = time.monotonic() + timeout_s
        while self.exit_status() is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def kill(self) -> None:
        """End the whole group at once: this also ends what hangs or was stopped by a signal."""
        if self.exit_status() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def last_words(self) -> str:
        """Return the last line of the log, for the message that says why it does not run."""
        lines = self.program.log.read_bytes()[-4000:].decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing.")

    def _has_ended(self) -> bool:
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def _reap(self) -> None:
        # Until it is reaped its number cannot be reused, so what is left of the group is ours to end.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def _started(program: Program) -> subprocess.Popen[bytes]:
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command,
            cwd=program.folder,
            env=dict(program.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent(),  # the run has one thread: forking is safe here
        )
