"""The `fleet` section of `params.yaml`."""

from dataclasses import dataclass, field

from auto_deployment.errors import BadInputError
from auto_deployment.host.codec import LATER


@dataclass(frozen=True, slots=True)
class FleetParams:
    """How an agent brings models to its node."""

    poll_s: float = 5.0
    rate_max_mb_s: float = 0.0  # of the link to the store; 0: no limit
    keep: int = 2  # newest versions beside those that are wanted or serve
    min_free_mb: int = 500  # of the volume's disk, after a version was brought
    confirm_max_s: float = 60.0  # a service that still answers with another model by then has refused it
    stuck_s: float = 120.0  # without a sign of the loop its health is bad
    silent_s: float = field(default=60.0, metadata=LATER)  # without a report a node has left, to the master

    def __post_init__(self) -> None:
        if min(self.poll_s, self.confirm_max_s, self.stuck_s, self.silent_s) <= 0:
            raise BadInputError("fleet: poll_s, confirm_max_s, stuck_s and silent_s must be more than 0.")
        if min(self.rate_max_mb_s, self.keep, self.min_free_mb) < 0:
            raise BadInputError("fleet: rate_max_mb_s, keep and min_free_mb must not be negative.")
