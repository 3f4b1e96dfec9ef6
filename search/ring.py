"""The shards as a gateway meets them: who holds what, and one question to all of them within a deadline."""

import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from search.choice import Held
from search.finder import Answer
from search.part import Question
from search.wire import WireError, answer_from_plain, question_to_plain


class ShardError(Exception):
    """A shard did not answer, or not what was asked for."""


def call(address: str, method: str, path: str, timeout_s: float, content: Any = None) -> Any:
    """Ask a shard over HTTP; raise `ShardError` unless it answers with status 200 in time."""
    body = None if content is None else json.dumps(content)
    connection = http.client.HTTPConnection(address, timeout=timeout_s)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        said = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ShardError(f"{address}: {error!r}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise ShardError(
            f"{address}: {said.get('detail', answer.status) if isinstance(said, dict) else said}"
        )
    return said


class Ring:
    """Addresses of shards and their replicas; which one has what, they say themselves."""

    def __init__(self, addresses: Sequence[str], deadline_s: float = 0.1, status_s: float = 1.0) -> None:
        self.addresses, self._deadline_s, self._status_s = addresses, deadline_s, status_s
        self._pool = ThreadPoolExecutor(8 * max(1, len(addresses)), "shard")

    def held(self) -> Held:
        """Return what each shard holds that answers."""
        asked = {
            one: self._pool.submit(call, one, "GET", "/status", self._status_s) for one in self.addresses
        }
        found: dict[str, dict[str, list[int]]] = {}
        for address, answer in asked.items():
            try:
                found[address] = dict(answer.result()["versions"])
            except (ShardError, KeyError, TypeError, ValueError):
                continue  # not there is what it means to hold nothing
        return found

    def ask(self, version: str, questions: Sequence[tuple[Question, Sequence[str]]]) -> list[Answer | None]:
        """Ask each question of the first of its addresses that answers; `None` where none does in time."""
        end = time.monotonic() + self._deadline_s
        asked = [self._pool.submit(self._first, version, one, homes, end) for one, homes in questions]
        wait(asked, self._deadline_s)
        return [_result(one) for one in asked]

    def _first(self, version: str, question: Question, homes: Sequence[str], end: float) -> Answer | None:
        content = question_to_plain(version, question)
        for left, address in zip(range(len(homes), 0, -1), homes, strict=True):
            rest = end - time.monotonic()
            if rest <= 0:
                return None
            try:
                # Whoever hangs leaves time for those after it.
                return answer_from_plain(call(address, "POST", "/search", rest / left, content))
            except (ShardError, WireError):
                continue  # its replica is next
        return None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _result(asked: "Future[Answer | None]") -> Answer | None:
    return asked.result() if asked.done() else None
