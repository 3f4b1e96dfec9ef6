"""A host's addresses. The system's look-up knows no time limit: a thread waits for it, not the caller."""

import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from marquee_client.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Place:
    """An address as sockets take it."""

    family: socket.AddressFamily
    at: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


class Names:
    """Looks one host up, for as many as wait, one look-up at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._lock = threading.Lock()
        self._pending: Future[list[Place]] | None = None
        self._known: list[Place] = []  # what is used when a name server is away
        self._is_number = False
        with suppress(OSError):
            self._known = _found(host, port, socket.AI_NUMERICHOST)
            self._is_number = True

    def places(self, deadline: Deadline) -> list[Place]:
        """Return where the host is, or was when that was last known.

        Raises `TimeoutError` or `socket.gaierror`, both an `OSError`.
        """
        if self._is_number:
            return self._known
        with self._lock:
            pending = self._pending or self._begin()
        try:
            # Those who know an older answer keep half of their time for using it.
            self._known = pending.result(deadline.left_s() / (2 if self._known else 1))
        except OSError:
            if not self._known:
                raise
        return self._known

    def _begin(self) -> "Future[list[Place]]":
        pending: Future[list[Place]] = Future()
        self._pending = pending
        threading.Thread(target=self._look_up, args=(pending,), daemon=True).start()
        return pending

    def _look_up(self, pending: "Future[list[Place]]") -> None:
        try:
            found = _found(self._host, self._port)
        except (OSError, UnicodeError) as error:
            self._pending = None
            pending.set_exception(error if isinstance(error, OSError) else OSError(str(error)))
        else:
            self._pending = None
            pending.set_result(found)


def _found(host: str, port: int, flags: int = 0) -> list[Place]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [Place(one[0], one[4]) for one in found]
