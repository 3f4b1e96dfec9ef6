"""A Redis stream that `ingest` writes and every instance reads; what is wrong with it only makes us wait."""

import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.recent.feed import Polled

STREAM = "marquee:recent"
FIELD = b"e"
MOST = 1000
CHECK_S = 5.0
CONNECT_S, ANSWER_S = 1.0, 2.0
CLOCKS_APART_S = 3600  # of Redis and of those whose events these are
BEGINNING = "0-0"
FORM = re.compile(r"([0-9]+-[0-9]+) ([0-9]+|-)")


class Place(NamedTuple):
    """The entry that was read last, and how many the stream had ever got with it, None where not known."""

    entry: str
    read: int | None

    @classmethod
    def of(cls, position: str | None, since_s: int) -> "Place":
        found = FORM.fullmatch(position or "")
        if found is None:  # none, or one in a file that was followed before
            sent_ms = max(since_s - CLOCKS_APART_S, 0) * 1000
            return cls(f"{sent_ms}-0", None) if sent_ms else cls(BEGINNING, None)
        return cls(found[1], None if found[2] == "-" else int(found[2]))

    def __str__(self) -> str:
        return f"{self.entry} {'-' if self.read is None else self.read}"


class Checked(NamedTuple):
    """Where to go on, and what there is to say of it."""

    place: Place
    lost: int = 0
    trouble: str = ""


def connect(url: str, password: str | None) -> Any:
    """Return a client that tries once and waits for little; by itself it would try for seconds."""
    given = {} if password is None else {"password": password}
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        **given,
    )


class RedisFeed:
    """The entries of one stream, each with one event line."""

    def __init__(
        self,
        url: str,
        password: str | None = None,
        sleep: Callable[[float], object] = time.sleep,
        check_s: float = CHECK_S,
    ) -> None:
        self._client = connect(url, password)
        self._sleep, self._check_s = sleep, check_s
        self._check_at_s = 0.0

    def close(self) -> None:
        self._client.close()

    def poll(self, position: str | None, since_s: int, timeout_s: float) -> Polled:
        place = Place.of(position, since_s)
        checked = Checked(place)
        try:
            if time.monotonic() >= self._check_at_s:
                checked = check(place, self._ask())
                self._check_at_s = time.monotonic() + self._check_s
            entries = self._fetch(checked.place.entry, timeout_s)
        except redis.RedisError as error:
            self._check_at_s = 0.0
            self._client.connection_pool.disconnect()
            self._sleep(timeout_s)
            return Polled([], position, trouble=_sentence(error))
        place = checked.place
        if entries:
            index = None if place.read is None else place.read + len(entries)
            place = Place(entries[-1][0].decode(), index)
        until_s = int(place.entry.partition("-")[0]) / 1000 if len(entries) == MOST else None
        lines = [fields[FIELD] for _, fields in entries if FIELD in fields]
        return Polled(lines, str(place), until_s, checked.lost, checked.trouble)

    def _ask(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.xinfo_stream(STREAM)
        except redis.ResponseError as error:
            if "no such key" in str(error):
                return None
            raise
        return found

    def _fetch(self, entry: str, timeout_s: float) -> list[tuple[bytes, dict[bytes, bytes]]]:
        found = self._client.xread({STREAM: entry}, count=MOST, block=max(int(timeout_s * 1000), 1))
        entries: list[tuple[bytes, dict[bytes, bytes]]] = found[0][1] if found else []
        return entries


def check(place: Place, info: dict[str, Any] | None) -> Checked:
    """Decide from what the stream says of itself whether a place in it still holds."""
    begun = Place(BEGINNING, 0)
    was_read = place.read is not None
    if info is None:
        said = "the stream is gone (flushed, or Redis began empty)" if was_read and place.read else ""
        return Checked(begun, trouble=said)
    # Redis counts from version 7 on; of an earlier one nobody can tell what was trimmed.
    added = int(info["entries-added"]) if "entries-added" in info else None
    is_less = added is not None and added < (place.read or 0)
    if was_read and (_order(info["last-generated-id"]) < _order(place.entry) or is_less):
        return Checked(begun, trouble="the stream was begun anew: it is read from its beginning")
    if added is None:
        return Checked(place)
    removed = added - int(info["length"])
    if place == Place(BEGINNING, None):
        return Checked(Place(BEGINNING, removed))
    if place.read is not None and removed > place.read:
        lost = removed - place.read
        said = f"{lost} events were trimmed before they were read: going on from what is there"
        return Checked(Place(place.entry, removed), lost, said)
    if place.read is None and _order(info["last-generated-id"]) == _order(place.entry):
        return Checked(Place(place.entry, added))
    return Checked(place)


def _order(entry: str | bytes) -> tuple[int, int]:
    text = entry.decode() if isinstance(entry, bytes) else entry
    time_ms, _, number = text.partition("-")
    return int(time_ms), int(number or 0)


def _sentence(error: redis.RedisError) -> str:
    if isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError):
        return f"Redis refuses us ({error}): check REDIS_URL and REDIS_PASSWORD"
    if isinstance(error, redis.TimeoutError):
        return "Redis does not answer in time"
    return f"Redis cannot be used ({error})"
