"""A system that starts beside tests that measure nothing, for tests that come after them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from typing import Generic, TypeVar

T = TypeVar("T")


class Early(Generic[T]):
    """Starts in a thread. What goes wrong there is raised to whoever asks for it, and to nobody else."""

    def __init__(self, make: Callable[[], AbstractContextManager[T]]) -> None:
        self._make, self._stack = make, ExitStack()
        self._pool = ThreadPoolExecutor(1)
        self._started: Future[T] | None = None

    def start(self) -> None:
        """Begin to start it, once."""
        if self._started is None:
            self._started = self._pool.submit(lambda: self._stack.enter_context(self._make()))

    def get(self) -> T:
        """Return it as soon as it has started; raise what its start has raised."""
        self.start()
        assert self._started is not None
        return self._started.result()

    def close(self) -> None:
        """End it, whether or not anybody has asked for it; a start under way comes to its end first."""
        self._pool.shutdown()
        self._stack.close()
