"""Where events are told: the end of a file, or a Redis stream."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import redis

from app.recent.file_feed import OLDER
from app.recent.redis_feed import FIELD, STREAM, connect
from auto_deployment.errors import MarqueeError
from auto_deployment.host.locks import BusyError, describe_owner, held, owner_text

FILE_BYTES = 32 << 20  # then it is renamed, and another begun
PATIENCE_S = 5.0  # with another process that writes
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
    """Appends to a file that instances follow; several processes do, one after the other."""

    def __init__(self, path: Path, most_bytes: int = FILE_BYTES, patience_s: float = PATIENCE_S) -> None:
        self._path, self._most_bytes, self._patience_s = path, most_bytes, patience_s
        self._lock = path.with_name(path.name + ".lock")

    def send(self, lines: Sequence[bytes]) -> bool:
        try:
            with held(self._lock, owner_text(), self._refusal, self._patience_s):
                self._append(b"".join(line + b"\n" for line in lines))
        except OSError as error:
            raise SinkError(f"{self._path} cannot be written ({error.strerror})") from error
        except BusyError as error:
            raise SinkError(str(error)) from error
        return True

    def _append(self, content: bytes) -> None:
        if self._path.exists() and self._path.stat().st_size >= self._most_bytes:
            self._path.rename(self._path.with_name(self._path.name + OLDER))
        with self._path.open("a+b") as file:
            if size := file.tell():
                file.seek(size - 1)
                if file.read(1) != b"\n":  # whoever was killed in the middle of a line: it ends there
                    content = b"\n" + content
            file.write(content)

    def _refusal(self, holder: str) -> str:
        return f"{self._path} is held by {describe_owner(holder, datetime.now(UTC))}: end it if it hangs"


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
