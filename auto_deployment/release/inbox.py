"""Commands and candidates for the controller: a small file each, read at its next look."""

import itertools
import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from auto_deployment.errors import MarqueeError
from auto_deployment.host.files import StagedFile
from auto_deployment.release.codec import word_from_json, word_to_json
from auto_deployment.release.release import Build, Kind, Verb, Word

log = logging.getLogger(__name__)

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
    origin: Mapping[str, str] = field(default_factory=dict)


class Inbox:
    """A folder; whoever may write there may say something."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def say(
        self, verb: Verb, release: str, by: str, at: datetime, reason: str = "", seconds: float = 0.0
    ) -> Word:
        """Leave a word on this release for the controller."""
        word = Word(self._new_id(at), verb, by, at, reason, seconds, release)
        self._put(word.id, {"word": word_to_json(word)})
        return word

    def ask(
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
        content = {**asdict(request), "at": at.isoformat(), "kind": kind.value}
        self._put(request.id, {"request": content})
        return request

    def waiting(self) -> Iterator[Word | Request]:
        """Return what waits, oldest first; what cannot be read is put aside."""
        for path in sorted(self._folder.glob("[0-9]*.json")):
            try:
                yield _read(json.loads(path.read_bytes()))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                log.error("%s cannot be read (%r): put aside", path, error)
                path.rename(path.with_suffix(".damaged"))
            except OSError as error:
                log.error("%s cannot be read (%s): it waits", path, error.strerror)

    def done(self, item: Word | Request) -> None:
        """Forget what was taken."""
        (self._folder / f"{item.id}.json").unlink(missing_ok=True)

    def _new_id(self, at: datetime) -> str:
        return f"{at:%Y%m%dT%H%M%S%f}-{next(_NUMBERS):06d}-{uuid.uuid4().hex[:8]}"

    def _put(self, name: str, content: object) -> None:
        try:
            with StagedFile(self._folder / f"{name}.json") as staged:
                staged.file.write(json.dumps(content).encode())
                staged.publish()
        except OSError as error:
            raise MarqueeError(
                f"{self._folder} cannot be written ({error.strerror}): nothing was said. "
                "Make room on the disk; until then, `docker compose rm --stop --force canary` ends a canary."
            ) from error


def _read(content: dict[str, dict[str, object]]) -> Word | Request:
    if "word" in content:
        return word_from_json(content["word"])
    found = dict(content["request"])
    candidate, origin = found.pop("candidate"), found.get("origin", {})
    if not isinstance(origin, dict):
        raise TypeError("an origin that is none")
    if not isinstance(candidate, dict):
        raise TypeError("a request without a candidate")
    return Request(
        id=str(found["id"]),
        candidate=Build(**candidate),
        by=str(found["by"]),
        at=datetime.fromisoformat(str(found["at"])),
        kind=Kind(str(found["kind"])),
        reason=str(found["reason"]),
        origin={str(key): str(value) for key, value in origin.items()},
    )
