"""Where events are told: the end of a file, or a Redis stream."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import redis

from app.recent.file_feed import OLDER
from app.recent.redis_feed import FIELD, STREAM, connect
from auto_deployment.errors import MarqueeError

FILE_BYTES = 32 << 20  # then it is renamed, and another begun
STREAM_ENTRIES = 1_000_000  # some 60 bytes each


class SinkError(MarqueeError):
    """Lines could not be told; they may be told again."""


class Sink(Protocol):
    """Takes lines, at least once."""

    def send(self, lines: Sequence[bytes]) -> bool:
        """Tell all lines, and return whether those before are still there, or are no longer of use.

        Raises `SinkError` when it is not certain that they were told.
        """


class FileSink:
    """Appends to a file that instances follow."""

    def __init__(self, path: Path, most_bytes: int = FILE_BYTES) -> None:
        self._path, self._most_bytes = path, most_bytes

    def send(self, lines: Sequence[bytes]) -> bool:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                if file.tell() >= self._most_bytes:
                    self._path.rename(self._path.with_name(self._path.name + OLDER))
                    return self.send(lines)
                file.write(b"".join(line + b"\n" for line in lines))
        except OSError as error:
            raise SinkError(f"{self._path} cannot be written ({error.strerror})") from error
        return True


class RedisSink:
    """Adds an entry for each line to the stream that instances read."""

    def __init__(self, url: str, password: str | None) -> None:
        self._client = connect(url, password)
        self._added = 0  # how many entries the stream had ever got when we last added some

    def close(self) -> None:
        self._client.close()

    def send(self, lines: Sequence[bytes]) -> bool:
        pipeline = self._client.pipeline(transaction=False)
        for line in lines:
            pipeline.xadd(STREAM, {FIELD: line}, maxlen=STREAM_ENTRIES, approximate=True)
        pipeline.xinfo_stream(STREAM)
        try:
            info = pipeline.execute()[-1]
        except redis.RedisError as error:
            self._client.connection_pool.disconnect()
            # The client puts the whole command in front, and who watched what is nobody's business in a log.
            reason = str(error).rpartition("caused error: ")[2]
            raise SinkError(f"Redis does not take recent events ({reason})") from error
        # Redis counts from version 7 on; of an earlier one nobody can tell that it has begun anew.
        added = int(info.get("entries-added", 0))
        is_anew = 0 < added < self._added + len(lines)
        self._added = added
        return not is_anew
