"""Connections that wait for their next call, for all threads of a process."""

import threading

from marquee_client.http.connection import Connection

KEPT = 32  # more at once are opened and closed again; so many callers at a time seldom are


class IdleConnections:
    """The one that was used last is used next, so that those too many are closed by the service in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Connection] = []

    def take(self) -> Connection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def put(self, connection: Connection) -> None:
        with self._lock:
            if len(self._idle) < KEPT:
                self._idle.append(connection)
                return
        connection.close()

    def clear(self) -> None:
        """Close them all."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def leave_to_parent(self) -> None:
        """In a forked child, where the lock may be held by nobody: close this process's ends alone."""
        self._lock = threading.Lock()
        self.clear()
