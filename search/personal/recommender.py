"""Asks the recommender for a user's scores of some movies, and never for longer than a question bears."""

import json
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Lock
from typing import Any
from urllib.parse import quote

from search.http.choice import in_turn
from search.http.connections import Connections, ShardError, StaleError
from search.personal.rest import Rest

DEADLINE_S = 0.05
THREADS = 8  # as many as a gateway answers questions with
PATH_MAX = 12_000  # characters; the service takes 16,384 in a line
Scores = list[float | None]


class AwayError(Exception):
    """The recommender did not answer in time, or not what was asked for."""


class RestingError(AwayError):
    """It was not asked, as it has failed again and again."""


class _Attempt:
    """Who is being asked just now, for who waits; of each address it counts once what became of it."""

    def __init__(self) -> None:
        self.address: str | None = None
        self._settled = set[str]()
        self._lock = Lock()

    def settle(self, address: str) -> bool:
        """Tell whether nothing was said of an address yet, and remember that it was now."""
        with self._lock:
            is_first = address not in self._settled
            self._settled.add(address)
            return is_first


class Recommender:
    """One or several instances of the recommender that answer alike; any thread may ask."""

    def __init__(
        self,
        addresses: Sequence[str],
        deadline_s: float = DEADLINE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deadline_s = deadline_s
        self._rests = {one: Rest(clock) for one in addresses}
        self._connections = Connections()
        self._turn = count()
        # To look a name up knows no time limit, and an answer may come byte by byte: only a thread of its own
        # can be left behind.
        self._pool = ThreadPoolExecutor(THREADS, "recommender")

    def scores(self, user: str, movies: Sequence[str]) -> Scores | None:
        """Return a score for each movie, `None` for one that the model does not know.

        `None` in place of all where the user has no scores. Raises `AwayError`.
        """
        if all(one.is_resting for one in self._rests.values()):
            raise RestingError("The recommender has failed again and again: it is left alone for a while.")
        end = time.monotonic() + self._deadline_s
        attempt = _Attempt()
        asked = self._pool.submit(self._ask, user, movies, end, attempt)
        try:
            return asked.result(self._deadline_s)
        except TimeoutError:
            asked.cancel()
            if (address := attempt.address) is not None and attempt.settle(address):
                self._rests[address].failed()
            raise AwayError(f"{attempt.address} did not answer in time.") from None

    def _ask(self, user: str, movies: Sequence[str], end: float, attempt: _Attempt) -> Scores | None:
        path, named = path_of(user, movies)
        addresses = in_turn(list(self._rests), next(self._turn))
        fault: Exception | None = None
        for place, address in enumerate(addresses):
            now, rest = time.monotonic(), self._rests[address]
            if now >= end:
                break
            if not rest.may_ask():
                continue
            attempt.address = address
            until = now + (end - now) / (len(addresses) - place)  # the others need their time, too
            try:
                found = scores_of(self._get(address, path, until), named, len(movies))
            except (ShardError, StaleError, ValueError, OverflowError, RecursionError) as error:
                fault = error
                if attempt.settle(address):
                    rest.failed()
                continue
            if attempt.settle(address):  # what comes too late helped nobody
                rest.succeeded()
            return found
        if fault is None:
            raise RestingError("Nobody is asked for now.")
        raise AwayError(str(fault)) from fault

    def _get(self, address: str, path: str, end: float) -> Any:
        request = asking(address, path)
        sent = self._connections.send(address, request, end)
        try:
            answer = self._connections.receive(sent, end)
        except StaleError:
            sent = self._connections.send(address, request, end, anew=True)
            answer = self._connections.receive(sent, end)
        return json.loads(answer)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._connections.close()


def asking(address: str, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n\r\n".encode("ascii")


def path_of(user: str, movies: Sequence[str]) -> tuple[str, list[int]]:
    """Return what to ask for, and the places of the movies that it names: as many as one line takes."""
    words, places, length = list[str](), list[int](), 0
    for place, movie in enumerate(movies):
        word = quote(movie, safe="+")
        length += len(word) + 1
        if length > PATH_MAX:
            break
        if "," not in movie and " " not in movie:  # an id of the recommender has neither
            words.append(word)
            places.append(place)
    return f"/score/{user}?movies={','.join(words)}", places


def scores_of(content: Any, places: Sequence[int], count: int) -> Scores | None:
    """Return the scores that an answer holds for the movies at some places; raise `ValueError`."""
    if not isinstance(content, dict) or type(content.get("personal")) is not bool:
        raise ValueError("The recommender does not say whether the user has scores.")
    if not content["personal"]:
        return None
    given = content.get("scores")
    if not isinstance(given, list) or len(given) != len(places):
        raise ValueError("The recommender has not one score for each movie.")
    scores: Scores = [None] * count
    for place, one in zip(places, given, strict=True):
        if one is not None and (type(one) not in (int, float) or not math.isfinite(one)):
            raise ValueError("A score of the recommender is not a number.")
        scores[place] = None if one is None else float(one)
    return scores
