"""Programs that are waited for: no question is asked, and none of them outlives us."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from auto_deployment.host.durations import duration
from auto_deployment.host.priority import weigh_session
from auto_deployment.host.revision import without_hooks
from auto_deployment.publish import dvc_in_turn
from auto_deployment.publish.errors import CommandError

ENDING = (signal.SIGTERM, signal.SIGINT)
LAST_WORDS = 600  # characters of output in a message
GIT_MAX_S = 3600.0
LONGEST_S = 86_400.0  # DVC also trains, and moves gigabytes; a cycle comes every two days
CHATTER = ("Having any troubles?", "hint: ")


class Commands:
    """Runs programs in one folder. `remember` is told which process groups run, to end them after a kill."""

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        remember: Callable[[Iterable[int]], None] = lambda pids: None,
        secrets: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self._given = environ
        self._environ = {**without_hooks(), **environ}
        # `dvc` and the stages run with the interpreter that we run with.
        self._environ["PATH"] = os.pathsep.join(
            (str(Path(sys.executable).parent), self._environ.get("PATH", ""))
        )
        self._remember = remember
        self._secrets = [secret for secret in secrets if secret]

    def at(self, folder: Path) -> "Commands":
        return Commands(folder, self._given, self._remember, self._secrets)

    def git(self, *words: str) -> str:
        return self.run(["git", *words])

    def dvc(self, *words: str) -> str:
        return self.run([sys.executable, "-m", "dvc", *words])

    def dvc_in_turn(self, *commands: Sequence[str]) -> str:
        """Run several of DVC's commands in one process; return what the last one prints.

        The first that fails ends it, and is named in the `CommandError`.
        """
        status, out, err = self.outcome(self.in_turn(*commands))
        said = out.split(dvc_in_turn.MARK)[1:]
        if status != 0:
            name = f"dvc {commands[max(len(said) - 1, 0)][0]}"
            raise CommandError(_failure(name, status, said[-1] if said else out, err), f"{out}\n{err}")
        return said[-1]

    def in_turn(self, *commands: Sequence[str]) -> list[str]:
        """Return the words of a program that runs several of DVC's commands."""
        words = [word for command in commands for word in (dvc_in_turn.THEN, *command)][1:]
        # -P: beside the file lie modules of ours whose names others may want.
        return [sys.executable, "-P", dvc_in_turn.__file__, *words]

    def run(self, words: Sequence[str]) -> str:
        """Return what a program prints; raise `CommandError` with its last words when it fails."""
        status, out, err = self.outcome(words)
        if status != 0:
            raise CommandError(_failure(_name(words), status, out, err), f"{out}\n{err}")
        return out

    def outcome(self, words: Sequence[str]) -> tuple[int, str, str]:
        """Return status, output and complaints of a program, without the secrets that it was given.

        One that hangs, as with a remote that takes connections and says nothing, is ended: `CommandError`.
        """
        limit_s = GIT_MAX_S if words[0] == "git" else LONGEST_S
        try:
            return self._outcome(words, limit_s)
        except subprocess.TimeoutExpired as error:
            what = f"{_name(words)} did not end within {duration(limit_s)}"
            raise CommandError(f"{what} and was stopped: see whether its remote answers.", "") from error

    def _outcome(self, words: Sequence[str], limit_s: float) -> tuple[int, str, str]:
        with (
            _told_later() as let_one_come,
            subprocess.Popen(
                words,
                cwd=self.folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            ) as process,
        ):
            try:
                self._remember([process.pid])
                let_one_come()
                weigh_session(process.pid, os.nice(0))
                out, err = process.communicate(timeout=limit_s)
            except BaseException:  # to end, or too late: the program goes first
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
            finally:
                self._remember([])
        return process.returncode, self._clean(out), self._clean(err)

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _failure(name: str, status: int, out: str, err: str) -> str:
    return f"{name} failed (status {status}): {last_words(err) or last_words(out)}"


def _name(words: Sequence[str]) -> str:
    return " ".join(words[2:4] if words[0] == sys.executable else words[:2])


@contextmanager
def _told_later() -> Iterator[Callable[[], None]]:
    """Note what would end us, and let one such signal come once the function is called.

    Between its start and our knowing of it a program would be neither ended nor remembered, and a second
    signal would interrupt its being ended because of the first: a parent that is killed dies thread by
    thread, and each may tell us. A signal mask is not enough: any other thread takes the signal, and its
    handler runs in the main thread all the same.
    """
    if threading.current_thread() is not threading.main_thread():  # no handler ever runs here
        yield lambda: None
        return
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)

    before = {int(number): signal.signal(number, note) for number in ENDING}

    def come(number: int, frame: FrameType | None) -> None:
        for one in before:
            signal.signal(one, note)
        handler = before[number]
        if callable(handler):
            handler(number, frame)
        let_one_come()  # we were not to end

    def let_one_come() -> None:
        for number, handler in before.items():
            signal.signal(number, come if callable(handler) else handler)
        _raise(noted)

    try:
        yield let_one_come
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _raise(noted)


def _raise(noted: list[int]) -> None:
    while noted:
        signal.raise_signal(noted.pop(0))


def last_words(text: str) -> str:
    """Return the end of what a program said, in one line, without what it says of itself."""
    lines = [line for line in text.splitlines() if not line.startswith(CHATTER)]
    return " ".join(" ".join(lines)[-LAST_WORDS:].split())
