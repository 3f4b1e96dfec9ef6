"""What persons change in the store: what a channel wants, what is rejected, what is removed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auto_deployment.fleet.errors import ChangedError, MissingError, UsedError
from auto_deployment.fleet.master.audit import Done
from auto_deployment.fleet.master.nodes import Node, Nodes
from auto_deployment.fleet.master.shelf import Shelf
from auto_deployment.fleet.names import channel_name, content_name, model_name, version_name
from auto_deployment.fleet.store import ModelStore
from auto_deployment.host.durations import duration

TRIES = 5  # where somebody changes another channel meanwhile


class OtherWantedError(ChangedError):
    """A channel does not want what was expected; `also` is what the channels want."""

    def __init__(self, sentence: str, wanted: dict[str, str]) -> None:
        super().__init__(sentence)
        self.also: dict[str, Any] = {"wanted": wanted}


@dataclass(frozen=True, slots=True)
class SetChannel:
    """Let a channel want a version, in place of the one that is expected (None: of none)."""

    shelf: Shelf
    model: str
    channel: str
    version: str
    expected: str | None
    now: datetime

    def __post_init__(self) -> None:
        model_name(self.model)
        channel_name(self.channel)
        version_name(self.version)

    def before(self) -> object:
        return self.shelf.store(self.model).channels().channels.wanted.get(self.channel)

    def do(self, *, again: bool) -> Done:
        store, found = self.shelf.store(self.model), None
        for _ in range(TRIES):
            seen = store.channels()
            found = seen.channels.wanted.get(self.channel)
            if found not in (self.expected, self.version):
                break
            try:
                wanted = store.move({self.channel: self.version}, self.now, seen).wanted
            except ChangedError:
                continue
            self.shelf.look(self.model)
            changed = again or found != self.version
            return Done(found, self.version, {"wanted": dict(wanted), "changed": changed})
        self.shelf.look(self.model)
        raise OtherWantedError(
            f"{self.channel} wants {found or 'nothing'}, not {self.expected or 'nothing'}: "
            "nothing was changed.",
            dict(store.channels().channels.wanted),
        )


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a version that nobody needs from the store."""

    shelf: Shelf
    nodes: Nodes
    model: str
    version: str
    now: datetime
    champion: Callable[[], str | None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        model_name(self.model)
        version_name(self.version)

    def before(self) -> object:
        store = self.shelf.store(self.model)
        return {"files": len(store.files.names(store.path(self.version)))}

    def do(self, *, again: bool) -> Done:
        store = self.shelf.store(self.model)
        if store.has(self.version) or not again:
            self._need_unused()
            store.delete(self.version, self.now)
        else:
            self._finish(store)
        self.shelf.look(self.model)
        return Done(None, None, {"deleted": self.version})

    def _finish(self, store: ModelStore) -> None:
        for name in store.files.names(store.path(self.version)):
            store.files.remove(store.path(self.version, name))

    def _need_unused(self) -> None:
        if self.champion() == self.version:
            raise UsedError(f"{self.version} is the champion, which releases go back to: release another.")
        wait_s = self.nodes.unsure_until() - self.now.timestamp()
        if wait_s > 0:
            raise UsedError(
                "The master's database was begun anew, and nodes still register: try again in "
                f"{duration(wait_s)}, with another Idempotency-Key."
            )
        if asked := self.nodes.asked_for(self.model, self.version):
            raise UsedError(
                f"{asked} is asked for {self.version} and has not said what came of it: wait for it."
            )
        for node in self.nodes.all():
            if node.report.model == self.model and (why := _uses(node, self.version)):
                left = (
                    " It has left without a word: forget it if it is gone."
                    if self.nodes.is_silent(node)
                    else ""
                )
                raise UsedError(f"{node.name} {why} {self.version}: nothing was deleted.{left}")


@dataclass(frozen=True, slots=True)
class Reject:
    """Rule a model out by its content."""

    shelf: Shelf
    model: str
    content: str
    why: str
    by: str
    now: datetime

    def __post_init__(self) -> None:
        model_name(self.model)
        content_name(self.content)

    def before(self) -> object:
        return {"rejected": self.content in self.shelf.store(self.model).rejected()}

    def do(self, *, again: bool) -> Done:
        store = self.shelf.store(self.model)
        if self.content not in store.rejected():
            self._need_unwanted(store)
            at = self.now.isoformat(timespec="seconds")
            store.reject(self.content, {"kind": "artefact", "reason": self.why, "by": self.by, "at": at})
        self.shelf.look(self.model)
        versions = [one for one, content in self._versions().items() if content == self.content]
        return Done(None, {"rejected": True}, {"rejected": self.content, "versions": sorted(versions)})

    def _need_unwanted(self, store: ModelStore) -> None:
        self.shelf.look(self.model)
        for channel, version in sorted(store.channels().channels.wanted.items()):
            if self._versions().get(version) == self.content:
                raise UsedError(
                    f"{channel} wants {version}, which has this content: let it want another first."
                )

    def _versions(self) -> dict[str, str]:
        model = self.shelf.seen.models.get(self.model)
        if model is None:
            raise MissingError(f"The model store has no model {self.model}.")
        return dict(model.versions)


def _uses(node: Node, version: str) -> str:
    """Return what a node does with a version that keeps it from being removed."""
    channels = node.report.channels.values()
    if any(version == one.pinned for one in channels):
        return "has pinned"
    return "serves" if any(version in one.used() for one in channels) else ""
