"""What releases and the retraining cycle tell each other: what serves, what was rejected, what was kept.

Two small files below `DATA_DIR/releases`, replaced whole. The release controller writes them, the cycle reads
them: the champion is what serves, and what a release has rejected is never published again.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TypeVar

from auto_deployment.errors import MarqueeError
from auto_deployment.host.codec import LATER, from_plain, to_plain
from auto_deployment.host.files import replace_text
from auto_deployment.paths import Paths

ARTEFACT, CODE = "artefact", "code"
T = TypeVar("T")
N = TypeVar("N")


class RecordError(MarqueeError):
    """A record cannot be read. The message names the file."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What both stable instances serve; `since` is ISO 8601 in UTC."""

    CLOSED: ClassVar = True

    model_version: str
    content_hash: str
    code_revision: str
    release: str
    since: str


@dataclass(frozen=True, slots=True)
class RejectedRelease:
    """What a release has ruled out: a model by its content, or a revision of the code."""

    CLOSED: ClassVar = True

    kind: str  # ARTEFACT or CODE
    release: str
    reason: str
    at: str
    content_hash: str | None = field(default=None, metadata=LATER)
    model_version: str | None = field(default=None, metadata=LATER)
    code_revision: str | None = field(default=None, metadata=LATER)


def read_serving(paths: Paths) -> Serving | None:
    """Return what serves, None before the first release; raise `RecordError` for a damaged file."""
    return _read(paths.serving, Serving, None)


def write_serving(paths: Paths, serving: Serving) -> None:
    """Say what serves from now on, and remember its version among the released ones."""
    released = {*read_released(paths), serving.model_version}
    _write(paths.released, sorted(released))
    _write(paths.serving, serving)


def read_released(paths: Paths) -> frozenset[str]:
    """Return every model version that has ever served everybody: those are never cleaned up."""
    return frozenset(_read(paths.released, tuple[str, ...], ()))


def read_rejected(paths: Paths) -> tuple[RejectedRelease, ...]:
    """Return everything that releases have rejected, oldest first; raise `RecordError` for a damaged file."""
    return _read(paths.rejected, tuple[RejectedRelease, ...], ())


def add_rejected(paths: Paths, rejected: RejectedRelease) -> None:
    """Add one; adding the same again changes nothing."""
    known = read_rejected(paths)
    if any(one.release == rejected.release and one.kind == rejected.kind for one in known):
        return
    _write(paths.rejected, (*known, rejected))


def _read(path: Path, kind: type[T], without: N) -> T | N:
    """Return the file's content, or what stands for it `without` one."""
    try:
        return from_plain(kind, json.loads(path.read_bytes()))
    except FileNotFoundError:
        return without
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise RecordError(f"{path} is damaged ({reason}): restore it from a copy.") from error


def _write(path: Path, content: object) -> None:
    replace_text(path, json.dumps(to_plain(content), indent=1) + "\n")
