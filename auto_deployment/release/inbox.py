"""Commands and candidates for the controller: a small file each, read at its next look."""

import itertools
import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auto_deployment.errors import MarqueeError
from auto_deployment.host.codec import LATER, from_plain, to_plain
from auto_deployment.host.files import StagedFile
from auto_deployment.release.release import Action, Build, Kind, ReleaseCommand

log = logging.getLogger(__name__)

MARK = "heard"

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Request:
    """Release this build, or put it back; `stable` is left to the controller."""

    id: str
    candidate: Build
    by: str
    at: datetime
    kind: Kind = Kind.CANDIDATE
    reason: str = ""
    origin: Mapping[str, str] = field(default_factory=dict, metadata=LATER)


class Inbox:
    """A folder; whoever may write there may ask for something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def command(
        self, action: Action, release: str, by: str, at: datetime, reason: str = "", seconds: float = 0.0
    ) -> ReleaseCommand:
        """Leave a command about this release for the controller."""
        command = ReleaseCommand(self._new_id(at), action, by, at, reason, seconds, release)
        self._put(command.id, {"word": to_plain(command)})
        return command

    def request(
        self,
        candidate: Build,
        by: str,
        at: datetime,
        kind: Kind = Kind.CANDIDATE,
        reason: str = "",
        origin: Mapping[str, str] | None = None,
    ) -> Request:
        """Leave a request for the controller."""
        request = Request(self._new_id(at), candidate, by, at, kind, reason, dict(origin or {}))
        self._put(request.id, {"request": to_plain(request)})
        return request

    def waiting(self) -> Iterator[ReleaseCommand | Request]:
        """Return what waits, oldest first; what cannot be read is put aside. A mark says when that was."""
        self._leave_mark()
        yield from self._waiting()

    def peek(self) -> list[ReleaseCommand | Request]:
        """Return what waits and touch nothing, as one who only shows it."""
        found = []
        for path in sorted(self.folder.glob("[0-9]*.json")):
            with suppress(OSError, ValueError):
                found.append(_read(json.loads(path.read_bytes())))
        return found

    def heard_at(self) -> datetime | None:
        """Return when the controller looked here last, None where it never did."""
        try:
            return datetime.fromtimestamp((self.folder / MARK).stat().st_mtime, UTC)
        except OSError:
            return None

    def _leave_mark(self) -> None:
        with suppress(OSError):  # it is only shown
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / MARK).touch()

    def _waiting(self) -> Iterator[ReleaseCommand | Request]:
        for path in sorted(self.folder.glob("[0-9]*.json")):
            try:
                yield _read(json.loads(path.read_bytes()))
            except ValueError as error:
                log.error("%s cannot be read (%s): put aside", path, error)
                path.rename(path.with_suffix(".damaged"))
            except OSError as error:
                log.error("%s cannot be read (%s): it waits", path, error.strerror)

    def done(self, item: ReleaseCommand | Request) -> None:
        """Forget what was taken."""
        (self.folder / f"{item.id}.json").unlink(missing_ok=True)

    def _new_id(self, at: datetime) -> str:
        return f"{at:%Y%m%dT%H%M%S%f}-{next(_NUMBERS):06d}-{uuid.uuid4().hex[:8]}"

    def _put(self, name: str, content: object) -> None:
        try:
            with StagedFile(self.folder / f"{name}.json") as staged:
                staged.file.write(json.dumps(content).encode())
                staged.publish()
        except OSError as error:
            raise MarqueeError(
                f"{self.folder} cannot be written ({error.strerror}): nothing was said. "
                "Make room on the disk; until then, `docker compose rm --stop --force canary` ends a canary."
            ) from error


def _read(content: object) -> ReleaseCommand | Request:
    asked = from_plain(dict[str, Any], content)
    if "word" in asked:
        return from_plain(ReleaseCommand, asked["word"])
    return from_plain(Request, asked.get("request"))
