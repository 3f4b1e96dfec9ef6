"""Lines of NGINX's edge log as growing columns, and the table that they become."""

import json
import math
from array import array
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from auto_deployment.dataset.arrays import Int64Array, int64s
from auto_deployment.dataset.valid import EARLIEST
from auto_deployment.feedback.files import TIME

EDGE = "edge"  # the name of the folder
HIGHEST_USER = 2**31 - 1
LONGEST_TEXT = 256
TEXTS = ("track", "release", "model_version", "source")  # few different ones
SCHEMA = pa.schema(
    [
        pa.field("time", TIME, nullable=False),  # NGINX writes a line when a request ends
        pa.field("user_id", pa.int64(), nullable=False),
        pa.field("request_id", pa.string(), nullable=False),
        *(pa.field(name, pa.dictionary(pa.int32(), pa.string()), nullable=False) for name in TEXTS),
        pa.field("status", pa.int16(), nullable=False),
        pa.field("duration_ms", pa.float32(), nullable=False),
    ]
)


class EdgeRows:
    """Takes lines; keeps those that ask for a user's recommendations and counts the others."""

    def __init__(self) -> None:
        self.other = 0  # about no user, or one that no stream can name
        self.damaged = 0
        self.reasons: Counter[str] = Counter()  # of damage, where there are several
        self._time_us, self._user = array("q"), array("q")
        self._status, self._duration_ms = array("h"), array("f")
        self._request_id: list[str] = []
        self._texts: dict[str, list[str]] = {name: [] for name in TEXTS}

    def __len__(self) -> int:
        return len(self._user)

    @property
    def lines(self) -> int:
        return len(self) + self.other + self.damaged

    def add(self, line: bytes) -> None:
        """Take one line of the log, whatever it is."""
        try:
            entry = json.loads(line)
            user = entry["user"]
            if not user:
                self.other += 1
                return
            row = _row(entry, user)
        except (KeyError, RecursionError, TypeError, ValueError, OverflowError):
            self.damaged += 1
            return
        time_us, user_id, request_id, texts, status, duration_ms = row
        if user_id > HIGHEST_USER:
            self.other += 1
            return
        self._time_us.append(time_us)
        self._user.append(user_id)
        self._request_id.append(request_id)
        for name, text in zip(TEXTS, texts, strict=True):
            self._texts[name].append(text)
        self._status.append(status)
        self._duration_ms.append(duration_ms)

    def span_us(self) -> tuple[int, int]:
        """Return the times of the earliest and the latest request; there has to be one."""
        return min(self._time_us), max(self._time_us)

    def table(self) -> pa.Table:
        columns: dict[str, Any] = {
            "time": pa.array(np.array(self._time_us, np.int64)).cast(TIME),
            "user_id": pa.array(np.array(self._user, np.int64)),
            "request_id": pa.array(self._request_id, pa.string()),
            "status": pa.array(np.array(self._status, np.int16)),
            "duration_ms": pa.array(np.array(self._duration_ms, np.float32)),
        }
        columns |= {name: pa.array(texts, pa.string()) for name, texts in self._texts.items()}
        return pa.table([columns[name] for name in SCHEMA.names], names=SCHEMA.names).cast(SCHEMA)


def is_text(text: object) -> bool:
    """Tell whether every store can keep a text: PostgreSQL no NUL, and files nothing but UTF-8."""
    if type(text) is not str or len(text) > LONGEST_TEXT or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def began_us(rows: pa.Table) -> Int64Array:
    """Return when each request began; NGINX says when it ended."""
    lasted_us = (1000 * rows["duration_ms"].to_numpy().astype(np.float64)).astype(np.int64)
    began: Int64Array = int64s(rows["time"]) - lasted_us
    return began


def _row(entry: Mapping[str, Any], user: str) -> tuple[int, int, str, list[str], int, float]:
    time = datetime.fromisoformat(entry["time"])
    if time < EARLIEST or not (user.isascii() and user.isdigit()):
        raise ValueError("no request has this time or user")
    texts = [entry[name] for name in TEXTS]
    request_id, status, seconds = entry["request_id"], entry["status"], float(entry["request_time"])
    for text in (request_id, *texts):
        if not is_text(text):
            raise ValueError("no text of a header")
    if type(status) is not int or not 0 <= status <= 999 or not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("no status or duration")
    return round(time.timestamp() * 1000) * 1000, int(user), request_id, texts, status, 1000 * seconds
