"""Releases on the disk: one JSON file each, replaced whole at every change, so that a kill loses nothing.

Ticks and the position in the edge log are in the same file: a tick is counted once, whatever happens between.
"""

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

from auto_deployment.errors import MarqueeError
from auto_deployment.host.codec import LATER, from_plain, to_plain
from auto_deployment.host.files import StagedFile, remove_leftovers
from auto_deployment.release.judge.ticks import Tick
from auto_deployment.release.online.reader import OnlineMeasures
from auto_deployment.release.release import Release

log = logging.getLogger(__name__)

FORMAT = 1
HEAD_BYTES = 65_536  # a release without its evidence is some kilobytes
BEGIN = re.compile(r'\{"format":1,"release":')  # as `write` has it
NAME = re.compile(r"[0-9]{8}T[0-9]{12}_[0-9A-Za-z._+-]+\.json")


class StateError(MarqueeError):
    """A release cannot be read or written. The message names the file."""


@dataclass(frozen=True, slots=True)
class Record:
    """A release with its evidence, and how often the controller had to recreate each instance."""

    release: Release
    ticks: tuple[Tick, ...] = ()
    edge: Mapping[str, Any] | None = None  # where the edge log was read to, and whom it named
    recreated: Mapping[str, int] = field(default_factory=dict)
    online: OnlineMeasures | None = field(default=None, metadata=LATER)  # kept once it has ended

    @property
    def unavailable_since(self) -> datetime | None:
        """Return since when metrics have been unavailable, None while they are there."""
        missing = list(takewhile(lambda tick: not tick.metrics_available, reversed(self.ticks)))
        return missing[-1].time - timedelta(seconds=missing[-1].duration_s) if missing else None

    def without_users(self) -> "Record":
        """Return what is kept of an ended release: counts, and no trace of users."""
        return replace(self, edge=None)


class Store:
    """The folder of releases; the newest file is the present one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder; remove what a killed writer left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(self._folder)

    def write(self, record: Record) -> None:
        """Replace a release's file; raise `StateError` and leave the old one when there is no room."""
        path = self.path(record.release)
        content = {
            "format": FORMAT,
            "release": to_plain(record.release),
            "recreated": dict(record.recreated),
            "edge": record.edge,
            "ticks": [tick.to_json() for tick in record.ticks],
        }
        if record.online is not None:
            content["online"] = to_plain(record.online)
        try:
            with StagedFile(path) as staged:
                staged.file.write(json.dumps(content, separators=(",", ":")).encode())
                staged.publish()
        except OSError as error:
            raise StateError(
                f"{path} cannot be written ({error.strerror}): make room on the disk."
            ) from error

    def newest(self) -> Record | None:
        """Return the release under way or the last one, None before the first."""
        paths = self._paths()
        return read_record(paths[-1]) if paths else None

    def history(self) -> Iterator[Record]:
        """Return all releases, newest first; a damaged one is left out, and the log says so."""
        for path in reversed(self._paths()):
            try:
                yield read_record(path)
            except StateError as error:
                log.warning("%s", error)

    def releases(self) -> Iterator[Release]:
        """Return what `history` has, without the evidence and many times faster."""
        for key in self.keys():
            try:
                yield self.release(key)
            except StateError as error:
                log.warning("%s", error)

    def keys(self) -> list[str]:
        """Return the names of all releases' files, newest first, without the ending."""
        return [name.removesuffix(".json") for name in reversed(self._names())]

    def release(self, key: str) -> Release:
        """Read one of `keys` as far as its release goes; raise `StateError` where that is damaged."""
        path = self._folder / f"{key}.json"
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES).decode("utf-8", "ignore")
            if (begin := BEGIN.match(head)) is not None:
                found, _ = json.JSONDecoder().raw_decode(head, begin.end())
                return from_plain(Release, found)
        except (OSError, ValueError):
            pass  # said below, if all of the file says the same
        return read_record(path).release

    def record(self, key: str) -> Record | None:
        """Read one of `keys`, None where there is none of that name; raise `StateError` for a damaged one."""
        path = self._folder / f"{key}.json"
        return read_record(path) if NAME.fullmatch(path.name) and path.is_file() else None

    def without_ticks(self, key: str) -> Record:
        """Read one of `keys` but for its evidence, many times faster; raise `StateError`."""
        return read_record(self._folder / f"{key}.json", with_ticks=False)

    def path(self, release: Release) -> Path:
        return self._folder / f"{release.requested_at:%Y%m%dT%H%M%S%f}_{release.id}.json"

    def _paths(self) -> list[Path]:
        return [self._folder / name for name in self._names()]

    def _names(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self._folder) if NAME.fullmatch(name))
        except FileNotFoundError:
            return []


def read_record(path: Path, *, with_ticks: bool = True) -> Record:
    """Read a release's file; raise `StateError` naming it when it is none."""
    try:
        content = json.loads(path.read_bytes())
        if (found := from_plain(dict[str, Any], content).get("format")) != FORMAT:
            raise ValueError(f"format {found!r} is not {FORMAT}")
        return from_plain(Record, content if with_ticks else {**content, "ticks": []})
    except OSError as error:
        raise StateError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise StateError(f"{path} is damaged ({reason}): move it away; what runs stays as it is.") from error
