"""What a person sees: lines, and below them on a terminal one line that is rewritten in place."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

CLEAR_LINE = "\r\x1b[K"


class Screen:
    """Writes lines, and on a terminal (`live`) a status below them; elsewhere the status is a plain line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.live = stream.isatty()
        self._status = ""

    def line(self, text: str = "") -> None:
        """Write a line above the status."""
        self._write((CLEAR_LINE if self._status else "") + text + "\n" + self._status)

    def status(self, text: str) -> None:
        if self.live:
            self._status = text[: shutil.get_terminal_size().columns - 1]
            self._write(CLEAR_LINE + self._status)
        else:
            self._write(text + "\n")

    def end_status(self) -> None:
        """Leave the last status as a line of its own."""
        if self._status:
            self._status = ""
            self._write("\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class _ScreenHandler(logging.Handler):
    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        self._screen.line(self.format(record))


@contextmanager
def logging_to(screen: Screen) -> Iterator[None]:
    """Send log lines through the screen, so that they do not cut through its status."""
    root = logging.getLogger()
    before = root.handlers[:]
    handler = _ScreenHandler(screen)
    if before:
        handler.setFormatter(before[0].formatter)
    root.handlers[:] = [handler]
    try:
        yield
    finally:
        root.handlers[:] = before
