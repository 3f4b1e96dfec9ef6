"""The model to beat: the one that serves, else the newest published one that no release has rejected."""

from collections.abc import Mapping, Sequence
from typing import Any

from auto_deployment.cycle.context import Cycle
from auto_deployment.publish.tag_message import content_hash
from auto_deployment.release.records import RejectedRelease, Serving, read_rejected, read_serving

NOBODY = "there is no published model yet"


def choose_champion(
    tags: Mapping[str, str | None], serving: Serving | None, rejected: Sequence[RejectedRelease]
) -> dict[str, Any]:
    """Return `champion.json`: version (None without one), content hash, and why it is that one. Pure.

    `tags` are the published versions with the content hash of each, None where a tag is none of ours.
    """
    if serving is not None:
        if serving.model_version in tags:
            return _champion(serving.model_version, serving.content_hash, "it serves")
        source = f"{serving.model_version} serves but was never published here: nothing to compare with"
        return _champion(None, None, source)
    ruled_out = {one.content_hash for one in rejected if one.content_hash}
    for version in sorted(tags, reverse=True):
        if tags[version] is not None and tags[version] not in ruled_out:
            return _champion(version, tags[version], "the newest published; no release has been recorded")
    return _champion(None, None, NOBODY)


def current_champion(cycle: Cycle) -> dict[str, Any]:
    """Return the champion of what is published and released now."""
    messages = cycle.publishing.repository.messages()
    tags = {version: content_hash(message) for version, message in messages.items()}
    return choose_champion(tags, read_serving(cycle.paths), read_rejected(cycle.paths))


def _champion(version: str | None, content_hash: str | None, source: str) -> dict[str, Any]:
    return {"version": version, "content_hash": content_hash, "source": source}
