"""The lines of a captured log. An answer whose text has line feeds stands there on several of them."""

import re
from collections import deque
from typing import IO

from auto_deployment.dataset.events import MAX_LINE_BYTES

_KEPT_BYTES = 1 << 20  # of one line
_MOST_LINES = 1_000  # of one answer

_ANSWER = b"recommendation request "
_opens_answer = re.compile(
    rb"[^,]{16,40}, ?[0-9]{1,18}, ?recommendation request [^,]*, status [0-9]+, result: "
).match
_ends_answer = re.compile(rb", [0-9]{1,9} ms\r?\Z").search
_begins_event = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.Z+-]*,").match


class LogLines:
    """Reads line after line, without line feeds; a line beyond a megabyte comes cut off to that."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._waiting: deque[bytes] = deque()

    def skip(self, lines: int) -> bool:
        """Pass over so many lines; return whether there were as many."""
        return all(self._line() is not None for _ in range(lines))

    def read(self) -> tuple[bytes, int] | None:
        """Return the next event and the number of lines that it stands on; `None` at the end."""
        line = self._line()
        if line is None:
            return None
        if _ANSWER not in line or _ends_answer(line) or not _opens_answer(line):
            return line, 1
        more = self._rest_of_answer(len(line))
        return b"\n".join([line, *more]), 1 + len(more)

    def _rest_of_answer(self, nbytes: int) -> list[bytes]:
        """Take the lines up to the end of the answer; none where that does not come: it was cut off."""
        taken: list[bytes] = []
        while len(taken) < _MOST_LINES and nbytes <= MAX_LINE_BYTES:
            line = self._line()
            if line is None:
                break
            taken.append(line)
            nbytes += 1 + len(line)
            if _begins_event(line):
                break
            if _ends_answer(line):
                return taken
        self._waiting.extendleft(reversed(taken))
        return []

    def _line(self) -> bytes | None:
        if self._waiting:
            return self._waiting.popleft()
        line = rest = self._file.readline(_KEPT_BYTES)
        while rest and not rest.endswith(b"\n"):
            rest = self._file.readline(_KEPT_BYTES)
        return line.removesuffix(b"\n") if line else None
