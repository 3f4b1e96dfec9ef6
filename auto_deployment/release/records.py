"""What releases and the retraining cycle tell each other: what serves, what was rejected, what was kept.

Two small files below `DATA_DIR/releases`, replaced whole. The release controller writes them, the cycle reads
them: the champion is what serves, and what a release has rejected is never published again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from auto_deployment.errors import MarqueeError
from auto_deployment.host.files import StagedFile
from auto_deployment.paths import Paths

ARTEFACT, CODE = "artefact", "code"


class RecordError(MarqueeError):
    """A record cannot be read. The message names the file."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What both stable instances serve; `since` is ISO 8601 in UTC."""

    model_version: str
    content_hash: str
    code_revision: str
    release: str
    since: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a release has ruled out: a model by its content, or a revision of the code."""

    kind: str  # ARTEFACT or CODE
    release: str
    reason: str
    at: str
    content_hash: str | None = None
    model_version: str | None = None
    code_revision: str | None = None


def read_serving(paths: Paths) -> Serving | None:
    """Return what serves, None before the first release; raise `RecordError` for a damaged file."""
    found = _read(_serving(paths))
    return None if found is None else _build(Serving, found, _serving(paths))


def write_serving(paths: Paths, serving: Serving) -> None:
    """Say what serves from now on, and remember its version among the released ones."""
    released = {*read_released(paths), serving.model_version}
    _write(_released(paths), sorted(released))
    _write(_serving(paths), asdict(serving))


def read_released(paths: Paths) -> frozenset[str]:
    """Return every model version that has ever served everybody: those are never cleaned up."""
    found = _read(_released(paths))
    if found is not None and not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
        raise _damaged(_released(paths), "it is no list of versions")
    return frozenset(found or ())


def read_rejected(paths: Paths) -> tuple[Rejected, ...]:
    """Return everything that releases have rejected, oldest first; raise `RecordError` for a damaged file."""
    path = _rejected(paths)
    found = _read(path)
    if found is not None and not isinstance(found, list):
        raise _damaged(path, "it is no list")
    return tuple(_build(Rejected, one, path) for one in found or ())


def add_rejected(paths: Paths, rejected: Rejected) -> None:
    """Add one; adding the same again changes nothing."""
    known = read_rejected(paths)
    if any(one.release == rejected.release and one.kind == rejected.kind for one in known):
        return
    _write(_rejected(paths), [asdict(one) for one in (*known, rejected)])


def _serving(paths: Paths) -> Path:
    return paths.releases / "serving.json"


def _released(paths: Paths) -> Path:
    return paths.releases / "released.json"


def _rejected(paths: Paths) -> Path:
    return paths.releases / "rejected.json"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error


def _write(path: Path, content: Any) -> None:
    with StagedFile(path) as staged:
        staged.file.write((json.dumps(content, indent=1) + "\n").encode())
        staged.publish()


def _build(kind: Any, content: Any, path: Path) -> Any:
    try:
        if not isinstance(content, Mapping):
            raise TypeError("an entry is no mapping")
        return kind(**content)
    except TypeError as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, reason: str) -> RecordError:
    return RecordError(f"{path} is damaged ({' '.join(reason.split())}): restore it from a copy.")
