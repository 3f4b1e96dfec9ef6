"""The outbox on the disk: which mails wait, are sent, or were refused. Every change is whole or not at all.

outbox/            mails written while there was no mail server: to be read here
outbox/waiting/    to be sent; NAME.json beside NAME.eml says what was tried
outbox/sent/       each file a key that is never sent again
outbox/refused/    refused for good; NAME.json says by whom and why
"""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from auto_deployment.host.files import StagedFile, lock_now, remove_leftovers

log = logging.getLogger(__name__)

WAITING, SENT, REFUSED = "waiting", "sent", "refused"
SENT_IN_FULL = 500  # of older ones only the name is kept


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of one waiting mail so far; `on_the_way`: the outcome of the last attempt is not known."""

    attempts: int = 0
    next_try: datetime | None = None
    delivered: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)  # recipient -> what the server said
    on_the_way: bool = False
    said: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"next_try": self.next_try and self.next_try.isoformat()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Progress":
        next_try = content["next_try"] and datetime.fromisoformat(content["next_try"])
        return cls(**content | {"next_try": next_try, "delivered": tuple(content["delivered"])})


class OutboxFiles:
    """One folder, shared by every process that sends mails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, stem: str) -> bool:
        """Tell whether this mail was put here before, whatever became of it."""
        places = (self.folder, *(self.folder / part for part in (WAITING, SENT, REFUSED)))
        return any((place / f"{stem}.eml").exists() for place in places)

    def put(self, stem: str, content: bytes, *, to_send: bool) -> None:
        """Write a mail; raise `OSError`, and then nothing of it is to be seen."""
        _write(self._path(WAITING if to_send else "", stem), content)

    def kept(self) -> list[str]:
        """Return what was written while there was no mail server."""
        return [path.stem for path in self.folder.glob("*.eml")]

    def release(self) -> None:
        """Let what was kept wait to be sent."""
        for stem in self.kept():
            os.replace(self._path("", stem), self._path(WAITING, stem))

    def waiting(self) -> list[str]:
        """Return what waits, oldest first."""
        stems = [path.stem for path in (self.folder / WAITING).glob("*.eml")]
        return sorted(stems, key=lambda stem: (self.dated(stem), stem))

    def read(self, stem: str) -> bytes:
        return self._path(WAITING, stem).read_bytes()

    def dated(self, stem: str) -> float:
        """Return when a waiting mail was written, in seconds since 1970: its date, else its file's."""
        path = self._path(WAITING, stem)
        try:
            with path.open("rb") as file:
                return parsedate_to_datetime(BytesHeaderParser().parse(file)["Date"]).timestamp()
        except FileNotFoundError:
            return 0.0
        except (TypeError, ValueError):
            return path.stat().st_mtime

    def progress(self, stem: str) -> Progress:
        """Return what was tried; a record that cannot be read counts as none."""
        path = self._path(WAITING, stem, "json")
        try:
            return Progress.from_json(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return Progress()
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read (%s): this mail may arrive twice", path, error)
            return Progress()

    def note(self, stem: str, progress: Progress) -> None:
        """Record what was tried; after this it survives a power cut."""
        _write(self._path(WAITING, stem, "json"), json.dumps(progress.to_json(), indent=1).encode())

    def close_sent(self, stem: str) -> None:
        """Move a mail to those that are never sent again; its name there is the record of it."""
        (self.folder / SENT).mkdir(exist_ok=True)
        os.replace(self._path(WAITING, stem), self._path(SENT, stem))
        self._path(WAITING, stem, "json").unlink(missing_ok=True)

    def close_refused(self, stem: str) -> None:
        """Put a mail aside, with the reasons beside it."""
        (self.folder / REFUSED).mkdir(exist_ok=True)
        for suffix in ("json", "eml"):
            os.replace(self._path(WAITING, stem, suffix), self._path(REFUSED, stem, suffix))

    def drop(self, stem: str) -> None:
        """Remove a waiting mail that was sent already."""
        self._path(WAITING, stem).unlink(missing_ok=True)

    def was_sent(self, stem: str) -> bool:
        return self._path(SENT, stem).exists()

    def tidy(self) -> None:
        """Remove what a killed process left, and empty the oldest mails that were sent."""
        waiting = self.folder / WAITING
        for path in waiting.glob("*.json"):
            if not path.with_suffix(".eml").exists():
                path.unlink(missing_ok=True)
        for place in (self.folder, waiting):
            remove_leftovers(place)
        sent = sorted((self.folder / SENT).glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in sent[SENT_IN_FULL:]:
            times = path.stat()
            os.truncate(path, 0)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Be the only one who sends, for as long as the kernel knows this process; yield whether we are."""
        (self.folder / WAITING).mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a") as file:
            yield lock_now(file)

    def _path(self, place: str, stem: str, suffix: str = "eml") -> Path:
        return self.folder / place / f"{stem}.{suffix}"


def _write(path: Path, content: bytes) -> None:
    with StagedFile(path) as staged:
        os.fchmod(staged.file.fileno(), 0o640)  # whom mails go to is nobody else's business
        staged.file.write(content)
        staged.publish()
