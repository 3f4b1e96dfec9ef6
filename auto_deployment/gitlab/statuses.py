"""What became of a push, said at its commit: the page of a pipeline tells it hours after its last job."""

import logging
import threading
from dataclasses import dataclass
from typing import Self

from auto_deployment.gitlab.api import GitLabError, GitLabProject

log = logging.getLogger(__name__)

NAME = "release"  # of the status, beside the jobs'
LONGEST = 255  # characters of a description
STATES = {
    "requested": "pending",
    "starting": "running",
    "warming": "running",
    "baking": "running",
    "promoting": "running",
    "promoted": "success",
    "aborted": "failed",
    "superseded": "canceled",
    "inconclusive": "failed",
}
FOR_GOOD = (400, 404)  # said already (GitLab does not say the same twice), or a commit that it does not know


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """One release's phase, at the commit that it was made of."""

    revision: str
    phase: str
    sentence: str
    page: str = ""  # of the pipeline

    def fields(self) -> dict[str, str]:
        short = len(self.sentence) <= LONGEST
        sentence = self.sentence if short else f"{self.sentence[: LONGEST - 3]}..."
        fields = {"state": STATES[self.phase], "name": NAME, "description": sentence}
        return {**fields, "target_url": self.page} if self.page else fields


class CommitStatuses:
    """Says the newest status of each commit from a thread of its own: GitLab delays no release."""

    def __init__(
        self, project: GitLabProject | None, every_s: float = 5.0, after_fault_s: float = 60.0
    ) -> None:
        self._project, self._every_s, self._after_fault_s = project, every_s, after_fault_s
        self._wanted: dict[str, CommitStatus] = {}
        self._said: dict[str, CommitStatus] = {}
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name="commit-statuses", daemon=True)

    def __enter__(self) -> Self:
        if self._project is not None:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()

    def want(self, status: CommitStatus) -> None:
        """Have this said soon; what was wanted before of the same commit need not be said any more."""
        if self._project is not None and status.revision:
            with self._lock:
                self._wanted[status.revision] = status

    def _loop(self) -> None:
        pause_s = self._every_s
        while not self._stop.wait(pause_s):
            pause_s = self._every_s
            for status in self._unsaid():
                if not self._say(status):
                    pause_s = self._after_fault_s

    def _unsaid(self) -> list[CommitStatus]:
        with self._lock:
            return [one for key, one in self._wanted.items() if self._said.get(key) != one]

    def _say(self, status: CommitStatus) -> bool:
        if self._project is None:
            return True
        try:
            self._project.post(f"statuses/{status.revision}", status.fields())
        except GitLabError as error:
            if error.status not in FOR_GOOD:
                log.warning("The commit's status was not said, it is tried again: %s", error)
                return False
            log.info("The commit's status is left as it is: %s", error)
        self._said[status.revision] = status
        return True
