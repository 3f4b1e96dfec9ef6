"""What its releases add to a model's provenance: who wanted it, who approved it, when it was deployed."""

import logging
from collections.abc import Iterator

from auto_deployment.publish.provenance_tree import Branch
from auto_deployment.release.origin import described
from auto_deployment.release.release import Action, Phase, Release
from auto_deployment.release.store import Record, StateError, Store

log = logging.getLogger(__name__)


def records_of(
    store: Store, version: str, code: str | None, damaged: list[str] | None = None
) -> list[Record]:
    """Return the records of a model's releases without ticks, of one code where that is known, oldest first.

    A damaged one is left out: `damaged` says why, else the log.
    """
    found = []
    for key in reversed(store.keys()):
        if not key.partition("_")[2].startswith(f"{version}-"):
            continue
        try:
            record = store.without_ticks(key)
        except StateError as error:
            log.warning("%s", error) if damaged is None else damaged.append(str(error))
            continue
        build = record.release.candidate
        if build.model_version == version and code in (None, build.code_revision):
            found.append(record)
    return found


def releases_of(store: Store, version: str, code: str | None) -> list[Release]:
    """Return the releases of a model, of one code where that is known, oldest first."""
    return [record.release for record in records_of(store, version, code)]


def branches(releases: list[Release]) -> list[Branch]:
    return [(f"{one.id}: {one.phase} {one.since:%Y-%m-%d %H:%M} UTC", list(_leaves(one))) for one in releases]


def _leaves(release: Release) -> Iterator[Branch]:
    yield (f"deployed: {release.requested_at:%Y-%m-%d %H:%M} UTC by {release.requested_by}", ())
    for label, value in described(release.origin):
        yield (f"{label}: {value}", ())
    if command := release.command(Action.APPROVE, Action.PROMOTE, Action.ABORT, Action.REJECT):
        yield (f"{command.action} said by {command.by}, {command.at:%Y-%m-%d %H:%M} UTC", ())
    if served := release.entered(Phase.PROMOTED):
        yield (f"serves everybody since {served:%Y-%m-%d %H:%M} UTC", ())
    yield (f"why: {release.reason}", ())
