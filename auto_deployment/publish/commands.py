"""Programs that are waited for: no question is asked, and none of them outlives us."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from auto_deployment.host.durations import duration
from auto_deployment.host.priority import weigh_session
from auto_deployment.host.revision import without_hooks
from auto_deployment.publish import dvc_kept
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
        self._kept: list[subprocess.Popen[str]] = []  # the DVC that stays, where there is one

    def at(self, folder: Path) -> "Commands":
        other = Commands(folder, self._given, self._remember, self._secrets)
        other._kept = self._kept
        return other

    def git(self, *words: str) -> str:
        return self.run(["git", *words])

    def dvc(self, *words: str) -> str:
        return self.run([sys.executable, "-m", "dvc", *words])

    @contextmanager
    def with_dvc_loaded(self) -> Iterator[None]:
        """Load DVC meanwhile, and let one process run all of its commands until the end."""
        try:
            with _told_later():
                # -P: beside the file lie modules of ours whose names others may want.
                process = subprocess.Popen(
                    [sys.executable, "-P", dvc_kept.__file__],
                    cwd=self.folder.parent,
                    env=self._environ,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    start_new_session=True,
                )
                self._kept.append(process)
                self._note()
                weigh_session(process.pid, os.nice(0))
            yield
        finally:
            self._end_kept()

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
            if self._kept and words[1:3] == ["-m", "dvc"]:
                return self._outcome_of_kept(words, limit_s)
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
                self._note(process.pid)
                let_one_come()
                weigh_session(process.pid, os.nice(0))
                out, err = process.communicate(timeout=limit_s)
            except BaseException:  # to end, or too late: the program goes first
                _kill(process)
                raise
            finally:
                self._note()
        return process.returncode, self._clean(out), self._clean(err)

    def _outcome_of_kept(self, words: Sequence[str], limit_s: float) -> tuple[int, str, str]:
        (process,) = self._kept
        assert process.stdin is not None
        assert process.stdout is not None
        with TemporaryDirectory() as place:
            out, err = Path(place, "out"), Path(place, "err")
            request = {"folder": str(self.folder), "words": words[3:], "out": str(out), "err": str(err)}
            try:
                with suppress(BrokenPipeError):
                    os.write(process.stdin.fileno(), f"{json.dumps(request)}\n".encode())
                if not select.select([process.stdout], [], [], limit_s)[0]:
                    raise subprocess.TimeoutExpired(words, limit_s)
                answer = process.stdout.readline()
            except BaseException:
                self._end_kept()
                raise
            said = [one.read_text("utf-8", "replace") if one.exists() else "" for one in (out, err)]
        if not answer:  # killed, by the kernel for instance
            self._end_kept()
        status = int(answer) if answer else process.returncode
        return status, self._clean(said[0]), self._clean(said[1])

    def _end_kept(self) -> None:
        with _told_later():
            for process in self._kept:
                with process:
                    _kill(process)
            self._kept.clear()
            self._note()

    def _note(self, *pids: int) -> None:
        self._remember([*(process.pid for process in self._kept), *pids])

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


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
