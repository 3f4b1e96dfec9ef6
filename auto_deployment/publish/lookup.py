"""From a name in an answer's header to everything that is known of the model behind it: a clone suffices."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auto_deployment.publish.commands import Commands
from auto_deployment.publish.errors import PublishError
from auto_deployment.publish.repository import TAGS
from auto_deployment.publish.tag_message import TagError, read_tag

METRICS = "data/metrics/model.json"
NAME = re.compile(r"(?P<version>[0-9]{8}T[0-9]{4}-[0-9a-f]{8})(?:-(?P<code>[0-9A-Za-z._+-]+))?")


# The commit that a tag names, annotated or not, when it was tagged, and what it says.
TAG = (
    "%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)"
    "%00%(taggerdate:iso8601-strict)%00%(contents)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A version: its provenance, the commit that published it, the code that served the answer."""

    facts: Mapping[str, Any]
    commit: str  # empty, as `tagged`, for one that nobody has published
    tagged: str
    serving_code: str | None
    # Of `evaluate`, as committed with the version: by way of grouping and group; with `all` and `cutoff`.
    evaluated: Mapping[str, Any] = field(default_factory=dict)


def look_up(words: str, repository: Path) -> Found:
    """Find a model version, a release id, or a whole header line; raise `PublishError` saying what to do."""
    return look_up_in(words, Commands(repository, {"GIT_TERMINAL_PROMPT": "0"}))


def look_up_in(words: str, commands: Commands) -> Found:
    """Do what `look_up` does with the programs of one clone."""
    repository = commands.folder
    found = NAME.fullmatch(words.rpartition(":")[2].strip())
    if found is None:
        raise PublishError(
            f"{words!r} names no model: use the value of X-Model-Version or X-Release of an answer."
        )
    version = found["version"]
    # One question for all of it: a page that shows a version waits for each.
    status, out, _ = commands.outcome(
        ["git", "for-each-ref", f"--format={TAG}", f"refs/tags/{TAGS}{version}"]
    )
    if status != 0 or not out:
        raise PublishError(
            f"{repository} has no tag {TAGS}{version}: `git fetch --tags` there, or it was never published "
            "(the demo model of a first start is not)."
        )
    commit, tagged, message = out.split("\0", 2)
    try:
        facts = read_tag(message)
    except TagError as error:
        raise PublishError(f"{TAGS}{version} in {repository} says nothing of its model: {error}.") from error
    return Found(facts, commit, tagged, found["code"], _evaluated(commands, commit))


def _evaluated(commands: Commands, commit: str) -> dict[str, Any]:
    """Return what was measured by group, nothing where a version was published without it."""
    status, text, _ = commands.outcome(["git", "show", f"{commit}:{METRICS}"])
    try:
        metrics = json.loads(text) if status == 0 else {}
        if not metrics:
            return {}
        both = {name: metrics[name] for name in ("ranking", "rating")}
        return {"all": {"all": both}, "cutoff": metrics["ranking"]["cutoff"], **metrics["groups"]}
    except (ValueError, KeyError, TypeError):
        return {}
