"""Keys of callers who ask again where they got no answer: each stands in the correction that it has made.

So a key is known if and only if its event was written, whenever the writer is killed. Of who was forgotten
there is none.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from auto_deployment.dataset.corrections.names import is_correction
from auto_deployment.dataset.segments import read_segment

KEPT = timedelta(days=1)  # at least; a correction that is never joined keeps its key
KEYS = "keys"  # in the source of a segment


@dataclass(frozen=True, slots=True)
class Key:
    """A caller's key and what was asked for with it, as hashes."""

    user_id: int
    digest: str
    request: str
    written_at: datetime

    def fact(self) -> dict[str, Any]:
        """Return what the source of a correction says of it."""
        return {KEYS: [[self.user_id, self.digest, self.request, self.written_at.isoformat()]]}


def make_key(user_id: int, text: str, request: object, now: datetime) -> Key:
    """Return the key `text` of a user for a request; the same request always has the same `repr`."""
    return Key(user_id, _digest(text), _digest(repr(request)), now)


def find_key(segments: Iterable[Path], wanted: Key) -> Key | None:
    """Return the key as it was first written, None where no correction has it; raise `SegmentError`."""
    for path in filter(is_correction, segments):
        for key in keys_of(read_segment(path).meta.source):
            if (key.user_id, key.digest) == (wanted.user_id, wanted.digest):
                return key
    return None


def keys_of(source: Mapping[str, Any]) -> list[Key]:
    return [
        Key(int(user_id), digest, request, datetime.fromisoformat(written_at))
        for user_id, digest, request, written_at in source.get(KEYS, ())
    ]


def with_keys(source: Mapping[str, Any], keys: Iterable[Key]) -> dict[str, Any]:
    """Return a source that has these keys and no others."""
    rows = [row for key in keys for row in key.fact()[KEYS]]
    return {name: value for name, value in source.items() if name != KEYS} | ({KEYS: rows} if rows else {})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
