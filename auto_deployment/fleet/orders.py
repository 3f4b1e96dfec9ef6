"""What a master asks of a node, and what came of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from auto_deployment.host.codec import LATER


class Do(StrEnum):
    """What a node can be asked to do; each done twice is as if done once."""

    PULL = "pull"  # bring a version now, or try again what is wanted
    RELOAD = "reload"  # link again what is linked, and hear that it serves
    PRUNE = "prune"  # remove what nobody uses
    PIN = "pin"  # keep and serve a version, whatever the channel wants
    UNPIN = "unpin"


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do; an empty channel is each, an empty version what is wanted."""

    id: str
    do: str
    channel: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a node says of an order."""

    how: str  # one of those below
    said: str = field(default="", metadata=LATER)


UNDER_WAY, DONE, FAILED = "under way", "done", "failed"
