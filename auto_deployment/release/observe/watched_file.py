"""What feedback counts for the release that bakes: asked for by one small file, answered by another.

Both are replaced whole. `feedback join` reads the question and writes the answer after each of its rounds.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from auto_deployment.host.codec import from_plain, to_plain
from auto_deployment.host.files import replace_text
from auto_deployment.paths import FeedbackLayout, Paths
from auto_deployment.release.judge.watched import Watched, Watchers
from auto_deployment.release.params import WatchedParams
from auto_deployment.release.release import Phase, Release

log = logging.getLogger(__name__)

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Question:
    """Which release, and since when its users count."""

    release: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What was counted for a question. Times are on this host's clock, but `until` is on the stream's."""

    format: int
    release: str
    since: datetime
    until: datetime
    written_at: datetime
    tracks: Mapping[str, Watchers] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Watchers]] = field(default_factory=dict)


class WatchedFile:
    """Asks while a release bakes, and reads the answer. No failure raises: what is not known is absent."""

    def __init__(self, folder: Path, question: Path, stale_s: float) -> None:
        self._folder, self._question, self._stale_s = folder, question, stale_s
        self._asked: Question | None = None
        self._is_written = False  # what a controller before this one asked for is not known

    def ask(self, release: Release | None) -> None:
        """Let feedback count for this release if it bakes, and for none otherwise."""
        wanted = question_of(release)
        if self._is_written and wanted == self._asked:
            return
        try:
            if wanted is None:
                self._question.unlink(missing_ok=True)
            else:
                replace_text(self._question, json.dumps(to_plain(wanted)) + "\n")
        except OSError as error:
            log.warning("%s cannot be written (%s): lists watched are not compared", self._question, error)
            return
        self._asked, self._is_written = wanted, True

    def read(self, release: Release, now: datetime) -> Watched:
        """Return what is known of a release that bakes, or why nothing is."""
        path = self._folder / f"{release.id}.json"
        try:
            answer = from_plain(Answer, json.loads(path.read_bytes()))
        except FileNotFoundError:
            return Watched(absent="feedback has counted nothing for this release yet")
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            return Watched(absent=f"{path} cannot be read ({reason})")
        why = self._why_not(answer, question_of(release), now)
        return Watched(absent=why) if why else Watched(answer.until, answer.tracks, answer.groups)

    def _why_not(self, answer: Answer, question: Question | None, now: datetime) -> str:
        if answer.format != FORMAT:
            return f"feedback writes format {answer.format}, and this build knows {FORMAT}"
        if question != Question(answer.release, answer.since):
            return f"what feedback has counted is of {answer.release} since {_clock(answer.since)}"
        if (now - answer.written_at).total_seconds() > self._stale_s:
            return (
                f"feedback has counted nothing since {_clock(answer.written_at)}: does `feedback join` run?"
            )
        return ""


def watched_file(feedback: Path | None, paths: Paths, params: WatchedParams) -> WatchedFile | None:
    """Return what reads the counts below the folder of feedback, None where there is no feedback."""
    if feedback is None:
        return None
    return WatchedFile(FeedbackLayout(feedback).watched, paths.evidence, params.stale_s)


def question_of(release: Release | None) -> Question | None:
    """Return what is to be counted, None where nothing is."""
    if release is None or release.phase is not Phase.BAKING:
        return None
    return Question(release.id, release.since)


def _clock(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
