"""Records and their verdicts, kept as long as their files stay as they are: reading one takes a while."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auto_deployment.console.shown.release import Check, checks
from auto_deployment.release.judge.curves import curves
from auto_deployment.release.judge.judgement import Judgement
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.phases import judge_params
from auto_deployment.release.status import judgement_of
from auto_deployment.release.store import Record, Store

KEPT = 4  # some megabytes each
Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Judged:
    """A record with what follows from it."""

    record: Record
    judgement: Judgement | None
    checks: Sequence[Check]


class JudgedRecords:
    """Reads each state of a file once, for however many look at it."""

    def __init__(self, folder: Path, params: ReleaseParams) -> None:
        self._folder, self._store, self._params = folder, Store(folder), params
        self._turn = threading.Lock()
        self._kept: OrderedDict[str, tuple[Mark, Judged]] = OrderedDict()

    def newest(self) -> Judged | None:
        """Return the newest release, None before the first; raise `StateError` where it is damaged."""
        keys = self._store.keys()
        return self.of(keys[0]) if keys else None

    def of(self, key: str) -> Judged | None:
        """Return a release by its file's name, None where there is none; raise `StateError`."""
        with self._turn:
            mark, kept = self._mark(key), self._kept.get(key)
            if kept is None or kept[0] != mark:
                record = self._store.record(key)
                if record is None:
                    return None
                kept = (mark, self._judge(record))
                self._kept[key] = kept
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return kept[1]

    def _mark(self, key: str) -> Mark:
        try:
            found = (self._folder / f"{key}.json").stat()
        except (OSError, ValueError):
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def _judge(self, record: Record) -> Judged:
        judgement = judgement_of(record, self._params)
        if judgement is None:
            return Judged(record, None, ())
        drawn = curves(record.ticks, judge_params(record.release, self._params))
        return Judged(record, judgement, checks(judgement, drawn))
