"""What persons ask of nodes: written down here, fetched by each with its next report."""

import sqlite3
from dataclasses import dataclass
from uuid import uuid4

from auto_deployment.errors import BadInputError
from auto_deployment.fleet.errors import MissingError, RejectedError
from auto_deployment.fleet.master.audit import Done
from auto_deployment.fleet.master.nodes import Node, Nodes
from auto_deployment.fleet.master.shelf import Shelf
from auto_deployment.fleet.names import ALL, STABLE, channel_name, model_name, node_name, version_name
from auto_deployment.fleet.orders import UNDER_WAY, Do

WRITE = """
INSERT INTO orders (id, key, at, node, model, do, channel, version, how, said)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')
"""


@dataclass(frozen=True, slots=True)
class AskNodes:
    """Ask a node, or all that are there, to do something."""

    nodes: Nodes
    shelf: Shelf
    node: str
    do_: Do
    key: str
    at: float
    model: str = ""  # empty: each that the node has
    channel: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        if self.node != ALL:
            node_name(self.node)
        for text, check in (
            (self.model, model_name),
            (self.channel, channel_name),
            (self.version, version_name),
        ):
            if text:
                check(text)
        if self.do_ is Do.PIN and not self.version:
            raise BadInputError("Say which version to pin.")
        if self.version and self.do_ not in (Do.PIN, Do.PULL):
            raise BadInputError(f"{self.do_} takes no version.")
        if self.channel and self.do_ in (Do.PULL, Do.PRUNE):
            raise BadInputError(f"{self.do_} takes no channel.")

    def before(self) -> object:
        return {
            name: {"pinned": {at: one.pinned for at, one in node.report.channels.items() if one.pinned}}
            for name, node in ((one.name, one) for one in self._asked()[0])
        }

    def do(self, *, again: bool) -> Done:
        asked, left = self._asked()
        channel = self.channel or (STABLE if self.do_ is Do.PIN else "")
        for node in asked:
            self._check(node, channel)

        def write(connection: sqlite3.Connection) -> None:
            for node in asked:
                words = (node.name, node.report.model, self.do_.value, channel, self.version, UNDER_WAY)
                connection.execute(WRITE, (uuid4().hex, self.key, self.at, *words))

        found = {"asked": sorted({one.name for one in asked}), "left": sorted({one.name for one in left})}
        return Done(None, found, found, write)

    def _asked(self) -> tuple[list[Node], list[Node]]:
        """Return who is asked, and who has left and is not."""
        found = self.nodes.all() if self.node == ALL else self.nodes.named(self.node)
        found = [one for one in found if self.model in ("", one.report.model)]
        if not found:
            raise MissingError("No node has registered that this could be asked of: GET /nodes says who has.")
        models = {one.report.model for one in found}
        if self.version and len(models) > 1:
            raise BadInputError(f"There are {', '.join(sorted(models))}: say the model of this version.")
        left = [one for one in found if self.node == ALL and self.nodes.is_silent(one)]
        return [one for one in found if one not in left], left

    def _check(self, node: Node, channel: str) -> None:
        """Raise what the node would only find out later."""
        if channel and channel not in node.report.channels:
            follows = ", ".join(node.report.channels) or "no channel yet"
            raise MissingError(f"{node.name} does not follow {channel}: it follows {follows}.")
        model = self.shelf.seen.models.get(node.report.model)
        if not self.version or model is None or self.version in node.report.versions:
            return
        if self.version not in model.versions:
            raise MissingError(f"The model store has no version {self.version} of {node.report.model}.")
        if model.versions[self.version] in model.rejected:
            raise RejectedError(f"A release has rejected the model {self.version}: it is not delivered.")


@dataclass(frozen=True, slots=True)
class Forget:
    """Take a node that left off the list."""

    nodes: Nodes
    node: str

    def __post_init__(self) -> None:
        node_name(self.node)

    def before(self) -> object:
        return {"models": [one.report.model for one in self.nodes.named(self.node)]}

    def do(self, *, again: bool) -> Done:
        self.nodes.need_silent(self.node)
        return Done(
            None, None, {"forgotten": self.node}, lambda connection: self.nodes.forget(connection, self.node)
        )
