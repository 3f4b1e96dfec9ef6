"""The simulated platform asks the real service for recommendations, and its stream tells what came of it."""

import logging
import random
import threading
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException

from auto_deployment.simulate.damage import Message
from auto_deployment.simulate.lines import error_texts
from auto_deployment.simulate.lists.audience import Audience
from auto_deployment.simulate.requests import REFUSED, TIMED_OUT, TIMEOUT_MS

log = logging.getLogger(__name__)

STRANGERS = 0.1  # of the requests, from users whom nobody has heard of
HIGHEST_USER = 1_000_000
LOOK_S = 1.0  # between two looks at what users do meanwhile


@dataclass(frozen=True, slots=True)
class ServerReply:
    """What a request came to: the ids, or which of the failures."""

    ids: str
    failure: int | None  # TIMED_OUT or REFUSED
    took_ms: int


def ask(connection: HTTPConnection, user: int, clock: Callable[[], float] = time.monotonic) -> ServerReply:
    """Ask once, as the platform does: it gives up after a while."""
    began_s = clock()
    ids, failure = "", None
    try:
        connection.request("GET", f"/recommend/{user}")
        reply = connection.getresponse()
        ids = reply.read().decode(errors="replace")
        failure = None if reply.status == 200 else REFUSED
    except TimeoutError:
        failure = TIMED_OUT
    except (OSError, HTTPException):
        failure = REFUSED
    if failure is not None:
        connection.close()
    return ServerReply(ids, failure, round(1000 * (clock() - began_s)))


def as_line(now: datetime, user: int, server: str, answer: ServerReply) -> bytes:
    """Write what the platform writes about it."""
    if answer.failure is None:
        status, result = 200, answer.ids.replace(",", ", ")
    else:
        status, result = 0, error_texts(server)[answer.failure]
    said = f"status {status}, result: {result}, {answer.took_ms} ms"
    return f"{now:%Y-%m-%dT%H:%M:%S.%f},{user},recommendation request {server}, {said}".encode()


def read_server(text: str) -> str:
    """Return `host:port`; refuse anything else in the words of argparse."""
    host, _, port = text.partition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return text


@contextmanager
def requester(
    server: str, per_s: float, audience: Audience, send: Callable[[Sequence[Message]], object]
) -> Iterator[None]:
    """Ask the server for lists, so often a second, and let users answer to them, while the block lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=_ask_on, args=(server, per_s, audience, send, stop), name="requester")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _ask_on(
    server: str,
    per_s: float,
    audience: Audience,
    send: Callable[[Sequence[Message]], object],
    stop: threading.Event,
) -> None:
    rng = random.Random()
    connection = HTTPConnection(server, timeout=TIMEOUT_MS / 1000)
    due_s = time.monotonic()
    while not stop.wait(min(max(0.0, due_s - time.monotonic()), LOOK_S)):
        try:
            lines: list[Message] = []
            if time.monotonic() >= due_s:
                due_s = max(due_s + 1 / per_s, time.monotonic() - 1)
                lines.append(_ask_for_somebody(connection, rng, server, audience))
            lines += audience.due(_now_us())
            if lines:
                send(lines)
        except Exception:
            log.exception("What users did was not told")
    connection.close()


def _ask_for_somebody(
    connection: HTTPConnection, rng: random.Random, server: str, audience: Audience
) -> bytes:
    """Show a list to a user by chance; return the line about it."""
    user = rng.randint(1, HIGHEST_USER if rng.random() < STRANGERS else audience.users)
    began = datetime.now(UTC)
    answer = ask(connection, user)
    if answer.failure is None:
        audience.show(_now_us(), user, answer.ids.split(","))
    return as_line(began, user, server, answer)


def _now_us() -> int:
    return time.time_ns() // 1000
