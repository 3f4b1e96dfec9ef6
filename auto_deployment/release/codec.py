"""A release as plain values for JSON, and back; what is read is checked."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from auto_deployment.release.release import Build, Change, Kind, Phase, Release, Verb, Word


def release_to_json(release: Release) -> dict[str, Any]:
    """Return what `release_from_json` reads."""
    return {
        "kind": release.kind.value,
        "candidate": asdict(release.candidate),
        "stable": asdict(release.stable),
        "request": release.request,
        "requested_by": release.requested_by,
        "changes": [
            {"phase": one.phase.value, "at": one.at.isoformat(), "reason": one.reason}
            for one in release.changes
        ],
        "origin": dict(release.origin),
        "words": [word_to_json(word) for word in release.words],
        "blameless": release.blameless,
    }


def release_from_json(content: Mapping[str, Any]) -> Release:
    """Read a release; raise what the standard library raises when it is none."""
    changes = tuple(
        Change(Phase(one["phase"]), _time(one["at"]), str(one["reason"])) for one in content["changes"]
    )
    if not changes:
        raise ValueError("a release without a phase")
    return Release(
        kind=Kind(content["kind"]),
        candidate=Build(**content["candidate"]),
        stable=Build(**content["stable"]),
        request=str(content["request"]),
        requested_by=str(content["requested_by"]),
        changes=changes,
        words=tuple(word_from_json(one) for one in content["words"]),
        origin={str(key): str(value) for key, value in content.get("origin", {}).items()},
        blameless=content.get("blameless", False) is True,
    )


def word_to_json(word: Word) -> dict[str, Any]:
    """Return what `word_from_json` reads."""
    return {**asdict(word), "verb": word.verb.value, "at": word.at.isoformat()}


def word_from_json(content: Mapping[str, Any]) -> Word:
    """Read what a person said."""
    return Word(
        id=str(content["id"]),
        verb=Verb(content["verb"]),
        by=str(content["by"]),
        at=_time(content["at"]),
        reason=str(content["reason"]),
        seconds=float(content["seconds"]),
        release=str(content.get("release", "")),
    )


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time
