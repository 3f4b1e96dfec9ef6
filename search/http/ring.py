"""The shards as a gateway meets them: who holds what, and one question to all of them within a deadline."""

import select
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from search.finder import Answer
from search.http.choice import Held
from search.http.connections import Connections, Exchange, ShardError, StaleError, behind, call
from search.http.door import request_of
from search.http.wire import WireError, answer_from_bytes, question_to_bytes
from search.part import Question

PATIENCE_S = 0.03  # with one replica, before the next is asked as well
THREADS = 3  # for each name: a replica that is away takes one for as long as it is waited for
READABLE = select.POLLIN | select.POLLHUP | select.POLLERR


class Ring:
    """Addresses of shards and their replicas; which one has what, they say themselves.

    A name that leads to several hosts means a replica on each: asked as one, none could stand in for another.
    `addresses` are those of the last look.
    """

    def __init__(self, names: Sequence[str], deadline_s: float = 0.1, status_s: float = 1.0) -> None:
        self._names, self._deadline_s, self._status_s = names, deadline_s, status_s
        self.addresses = tuple(names)
        self._pool = ThreadPoolExecutor(max(1, len(names) * THREADS), "shard")
        self._connections = Connections()

    def held(self) -> Held:
        """Return what each shard holds that answers."""
        led_to = [self._pool.submit(behind, one) for one in self._names]
        self.addresses = tuple(dict.fromkeys(one for found in led_to for one in found.result()))
        asked = {
            one: self._pool.submit(call, one, "GET", "/status", self._status_s) for one in self.addresses
        }
        held: dict[str, dict[str, list[int]]] = {}
        for address, answer in asked.items():
            try:
                held[address] = dict(answer.result()["versions"])
            except (ShardError, KeyError, TypeError, ValueError):
                continue  # not there is what it means to hold nothing
        return held

    def ask(self, version: str, questions: Sequence[tuple[Question, Sequence[str]]]) -> list[Answer | None]:
        """Ask each question of its addresses, in their order, until one answers.

        `None` stands where none does in time. All are sent before any is awaited, and awaited together, in
        the thread of who asks.
        """
        end = time.monotonic() + self._deadline_s
        asked = [
            _Asked(self._connections, question_to_bytes(version, one), list(homes), end)
            for one, homes in questions
        ]
        for one in asked:
            one.send_next()
        while waiting := {sent.socket.fileno(): (one, sent) for one in asked for sent in one.sent}:
            poll = select.poll()
            for number in waiting:
                poll.register(number, READABLE)
            wake = min(one.next_at for one in asked if one.sent)
            for number, _ in poll.poll(max(0.0, (wake - time.monotonic()) * 1000)):
                one, sent = waiting[number]
                if sent in one.sent:
                    one.receive(sent)
            for one in asked:
                one.go_on(time.monotonic())
        return [one.answer for one in asked]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._connections.close()


class _Asked:
    """One question on its way to the addresses that can answer it."""

    def __init__(self, connections: Connections, body: bytes, homes: list[str], end: float) -> None:
        self._connections, self._body, self._homes, self._end = connections, body, homes, end
        self.sent: list[Exchange] = []
        self.next_at = end
        self.answer: Answer | None = None

    def send_next(self) -> None:
        """Send to the next address that takes it; who has been sent it before may still answer."""
        while self._homes:
            now = time.monotonic()
            if now >= self._end:
                return
            self.next_at = min(self._end, now + min(PATIENCE_S, (self._end - now) / len(self._homes)))
            if self._send(self._homes.pop(0), anew=False):
                break
        if not self._homes:
            self.next_at = self._end

    def _send(self, address: str, *, anew: bool) -> bool:
        try:
            self.sent.append(
                self._connections.send(address, request_of(address, self._body), self._end, anew=anew)
            )
        except ShardError:
            return False
        return True

    def receive(self, sent: Exchange) -> None:
        """Take the answer of one of the addresses, or ask the next where it is none."""
        self.sent.remove(sent)
        try:
            self.answer = answer_from_bytes(self._connections.receive(sent, self._end))
            self._leave()
        except StaleError:
            if not self._send(sent.address, anew=True):
                self.send_next()
        except (ShardError, WireError):
            self.send_next()

    def go_on(self, now: float) -> None:
        """Ask the next address, too, where one takes long; leave it where there is no time left."""
        if now >= self._end:
            self._leave()
        elif self.sent and now >= self.next_at:
            self.send_next()

    def _leave(self) -> None:
        for one in self.sent:
            one.socket.close()
        self.sent = []
