"""What goes wrong between a store and a node.

FleetError
├── StoreError      the store is away, slow, or does not let us in
├── MissingError    it lacks a version or a file
├── DamagedError    what came is not what its manifest says
├── RejectedError   a release has ruled the model out
├── ChangedError    somebody else has changed the channels meanwhile
├── RoomError       the node's disk is full
├── UsedError       what shall go is still needed
├── DatabaseError   the master cannot read or write what it keeps
├── MasterError     the master is away, or has refused
└── StoppedError    we were told to stop in the middle
"""

from auto_deployment.errors import BadInputError, MarqueeError


class FleetError(MarqueeError):
    """Root of what is expected to go wrong; the message is one sentence."""


class StoreError(FleetError):
    """The store cannot be used right now."""


class MissingError(FleetError):
    """The store does not have it."""


class DamagedError(FleetError):
    """A version is not what its manifest says."""


class RejectedError(FleetError):
    """A version must not be delivered."""


class ChangedError(FleetError):
    """The channels are not what they were when they were read."""


class RoomError(FleetError):
    """The disk does not take it."""


class UsedError(FleetError):
    """A version, or a node, is still needed by somebody."""


class OtherNodeError(FleetError):
    """A node's token was used in another one's name."""


class DatabaseError(FleetError):
    """The master's database cannot be used right now; nothing was done."""


class MasterError(FleetError):
    """The master cannot be asked, or has refused; `status` is that of its answer, None without one."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class StoppedError(FleetError):
    """We were told to stop; what was fetched so far is kept."""


class BadNameError(BadInputError):
    """A name cannot be used in a store."""
