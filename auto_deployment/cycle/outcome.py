"""The outcome of a cycle."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

PUBLISHED, REFUSED, UNCHANGED, FAILED = "published", "refused", "unchanged", "failed"
FOR_REVIEW, REHEARSED = "for-review", "rehearsed"
REVIEW = (
    "review"  # it passed the gate, and its lists differ so much that a person decides, whatever PUBLISH says
)
WAITING = "waiting"  # nothing has come in yet: no fault, and no model either
KINDS = (PUBLISHED, FOR_REVIEW, REVIEW, REHEARSED, REFUSED, UNCHANGED, WAITING, FAILED)
TO_MERGE = (FOR_REVIEW, REVIEW)  # a branch waits for a person
COME_AGAIN_SOON = (FAILED, WAITING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a cycle; `gate` is `gate.json`, `step` where it stood."""

    kind: str
    step: str
    sentence: str
    started: datetime
    version: str | None = None
    champion: Mapping[str, Any] = field(default_factory=dict)
    gate: Mapping[str, Any] | None = None
    metrics: Mapping[str, Any] | None = None
    profile: Mapping[str, Any] | None = None  # what the model was made of
    damaged: Mapping[str, str] = field(default_factory=dict)
    drift: Mapping[str, Any] = field(default_factory=dict)
    new_segments: int = 0
    new_bytes: int = 0
    seconds: float = 0.0
    index: str | None = None  # the version of what words find movies with, where there is one

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "started": self.started.isoformat(timespec="seconds")}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Outcome":
        return cls(**{**content, "started": datetime.fromisoformat(content["started"])})
