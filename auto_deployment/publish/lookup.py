"""From a name in an answer's header to everything that is known of the model behind it: a clone suffices."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auto_deployment.publish.commands import Commands
from auto_deployment.publish.errors import PublishError
from auto_deployment.publish.repository import TAGS
from auto_deployment.publish.tag_message import TagError, read_tag

NAME = re.compile(r"(?P<version>[0-9]{8}T[0-9]{4}-[0-9a-f]{8})(?:-(?P<code>[0-9A-Za-z._+-]+))?")


@dataclass(frozen=True, slots=True)
class Found:
    """A published version: its provenance, the commit that published it, the code that served the answer."""

    facts: dict[str, Any]
    commit: str
    tagged: str
    serving_code: str | None


def look_up(words: str, repository: Path) -> Found:
    """Find a model version, a release id, or a whole header line; raise `PublishError` saying what to do."""
    found = NAME.fullmatch(words.rpartition(":")[2].strip())
    if found is None:
        raise PublishError(
            f"{words!r} names no model: use the value of X-Model-Version or X-Release of an answer."
        )
    version = found["version"]
    commands = Commands(repository, {"GIT_TERMINAL_PROMPT": "0"})
    status, commit, _ = commands.outcome(["git", "rev-list", "-1", f"refs/tags/{TAGS}{version}"])
    if status != 0:
        raise PublishError(
            f"{repository} has no tag {TAGS}{version}: `git fetch --tags` there, or it was never published "
            "(the demo model of a first start is not)."
        )
    message = commands.git("tag", "--list", "--format=%(contents)", f"{TAGS}{version}")
    tagged = commands.git("tag", "--list", "--format=%(taggerdate:iso8601-strict)", f"{TAGS}{version}")
    try:
        return Found(read_tag(message), commit.strip(), tagged.strip(), found["code"])
    except TagError as error:
        raise PublishError(f"{TAGS}{version} in {repository} says nothing of its model: {error}.") from error
