"""The threads that answer calls: few, and more only while none of them gets on."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

MOST = 64  # of a worker; a container may have 256 in all

_DONE: "Future[Any]" = Future()
_DONE.set_result(None)


class Threads(ThreadPoolExecutor):
    """What grpcio takes for its pool.

    A thread waits for the message of its call, so a client who begins calls and says nothing holds threads.
    Many from the start would fight for the interpreter: so there are `usual` ones, and `look`, called several
    times a second, adds one when work waits and nothing was begun since the last look. It goes when nothing
    waits. No future is kept of a call: grpcio asks only whether it is done.
    """

    def __init__(self, usual: int, most: int = MOST) -> None:
        super().__init__(most)
        self._tasks: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._spare = most - usual
        self._begun = self._seen = 0
        for _ in range(usual):
            self._start(self._work)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self._tasks.put(partial(fn, *args, **kwargs))
        return _DONE

    def look(self) -> None:
        """Add a thread where work waits for threads that wait themselves."""
        begun, self._seen = self._seen, self._begun
        if self._spare > 0 and not self._tasks.empty() and begun == self._seen:
            self._start(self._help)
            self._spare -= 1

    def _start(self, target: Callable[[], None]) -> None:
        threading.Thread(target=target, name="call", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._do(self._tasks.get())

    def _help(self) -> None:
        with suppress(Empty):
            while True:
                self._do(self._tasks.get_nowait())
        self._spare += 1

    def _do(self, task: Callable[[], object]) -> None:
        self._begun += 1
        task()  # of grpcio, which lets no exception out
