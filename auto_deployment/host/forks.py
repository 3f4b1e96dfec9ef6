"""Programs as forks of a process that has imported what they need.

Who was started as `python -m auto_deployment ...` asks over a socket; the fork has the asker's files, folder
and environment, and does the same. It ends with whoever asked, and with the process that it is a fork of.
"""

import json
import os
import runpy
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from auto_deployment.host.processes import end_with

ADDRESS = "MARQUEE_FORKS"  # the path of the socket, in the environment of who may ask
KILLED = 128 + signal.SIGKILL
STARTED = b"started\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the command, and what the asker's process has."""

    files: tuple[int, ...]  # input, output, errors
    words: list[str]
    folder: str
    environ: dict[str, str]


def run_there(words: Sequence[str]) -> int | None:
    """Let a fork do what this process was started for; return its status, None where nobody forks."""
    address = os.environ.pop(ADDRESS, None)
    if address is None:
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
            request = {"words": list(words), "folder": os.getcwd(), "environ": dict(os.environ)}
            socket.send_fds(connection, [b"\n"], [0, 1, 2])
            connection.sendall(json.dumps(request).encode() + b"\n")
            answers = connection.makefile("rb")
            if answers.readline() != STARTED:
                return None
        except OSError:
            return None
        answer = answers.readline()
    return int(answer) if answer else KILLED


def serve(listener: socket.socket, until: int) -> Asked | None:
    """Fork for one asker after the other until the file `until` ends; a fork gets what was asked.

    With threads beside this one, whose locks a fork would find as they were, nobody is served.
    """
    while True:
        ready, _, _ = select.select([listener.fileno(), until], [], [])
        if until in ready:
            return None
        connection, _ = listener.accept()
        with connection:
            asked = _read(connection)
            if asked is not None and len(os.listdir("/proc/self/task")) == 1:
                here, pid = os.getpid(), os.fork()
                if not pid:
                    end_with(here)
                    return asked
                _wait(pid, connection, until)
        for file in asked.files if asked else ():
            os.close(file)


def _read(connection: socket.socket) -> Asked | None:
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    line = connection.makefile("rb").readline()
    return Asked(tuple(files), **json.loads(line)) if line else None


def _wait(pid: int, connection: socket.socket, until: int) -> None:
    """Tell who asked how the fork ended; kill it when nobody is there to be told."""
    ended = os.pidfd_open(pid)
    with suppress(BrokenPipeError):
        connection.sendall(STARTED)
        select.select([ended, connection.fileno(), until], [], [])
    if not select.select([ended], [], [], 0)[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(ended)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(BrokenPipeError):
        connection.sendall(b"%d\n" % (code if code >= 0 else 128 - code))


def _become(asked: Asked) -> None:
    for number, file in enumerate(asked.files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(asked.folder)
    os.environ.clear()
    os.environ.update(asked.environ)
    sys.argv = ["auto_deployment", *asked.words]
    runpy.run_module("auto_deployment", run_name="__main__", alter_sys=True)


def fork_at(address: str, load: Callable[[], None]) -> None:
    """Listen at once, and fork as soon as `load` has imported all, until standard input ends.

    Until then who asks waits.
    """
    before = os.umask(0o177)
    with socket.socket(socket.AF_UNIX) as listener:
        Path(address).unlink(missing_ok=True)
        listener.bind(address)
        os.umask(before)
        listener.listen()
        load()
        asked = serve(listener, sys.stdin.fileno())
    if asked is not None:
        _become(asked)
