"""Tells open pages what is new: made once for all by one thread, sent to a bounded number of streams."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask, Response, request

log = logging.getLogger(__name__)

EVERY_S = 2.0
ALIVE_S = 15.0  # a comment goes out at least so often: who has gone is noticed
LASTS_S = 600.0  # then the browser connects again, and somebody else may have had the place
SLOW_S = 10.0  # a client that takes nothing for so long is left
MOST_STREAMS = 16
RETRY_AFTER_S = 30


class Live:
    """The newest news, as JSON; `make` is called by one thread only."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._news = threading.Condition()
        self._number, self._latest = 0, b"{}"
        self._places = threading.BoundedSemaphore(MOST_STREAMS)

    def start(self) -> None:
        """Make news from now on, in a thread that ends with the process."""
        threading.Thread(target=self._go_on, name="live", daemon=True).start()

    def step(self) -> None:
        """Look once; tell only what has changed."""
        found = json.dumps(self._make()).encode()
        with self._news:
            if found != self._latest:
                self._number, self._latest = self._number + 1, found
                self._news.notify_all()

    def add_to(self, app: Flask) -> None:
        """Answer /live as a stream, and /live.json once."""
        app.add_url_rule("/live", "live_stream", self._stream_view, methods=["GET"])
        app.add_url_rule("/live.json", "live_once", self._once_view, methods=["GET"])
        app.extensions["marquee-live"] = self

    def _go_on(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self.step()
            except Exception:
                log.exception("What is new cannot be told")
            pause.wait(EVERY_S)

    def _once_view(self) -> Response:
        return Response(self._latest, content_type="application/json")

    def _stream_view(self) -> Response:
        if not self._places.acquire(blocking=False):
            sentence = "All streams are taken: ask /live.json now and then."
            return Response(sentence, 503, {"Retry-After": str(RETRY_AFTER_S)}, content_type="text/plain")
        if (connection := request.environ.get("gunicorn.socket")) is not None:
            connection.settimeout(SLOW_S)
        response = Response(self._events(), content_type="text/event-stream")
        response.call_on_close(self._places.release)
        return response

    def _events(self) -> Iterator[bytes]:
        seen, ends = -1, time.monotonic() + LASTS_S
        while time.monotonic() < ends:
            seen, news = self._next(seen)
            yield b"data: " + news + b"\n\n" if news else b": nothing new\n\n"

    def _next(self, seen: int) -> tuple[int, bytes]:
        """Wait for news after those seen; empty where none come in time."""
        with self._news:
            there = self._news.wait_for(lambda: self._number > seen, ALIVE_S)
            return self._number, self._latest if there else b""
