"""What an agent knows: for itself after a restart, for people, for its metrics."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auto_deployment.fleet.orders import Outcome
from auto_deployment.host.codec import LATER, from_plain, to_plain
from auto_deployment.host.files import replace_text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """Where one channel stands; versions, or None where there is none. Times are seconds since 1970."""

    wanted: str | None = None
    linked: str | None = None  # what serving is pointed to
    answers: str | None = None  # what the service said last
    confirmed: str | None = None  # the last that was linked and answered
    switched_at: float = 0.0
    behind_since: float | None = None  # since when another version is wanted than answers
    fault: str = ""
    pinned: str | None = field(default=None, metadata=LATER)

    @property
    def target(self) -> str | None:
        """Return what shall be served."""
        return self.pinned or self.wanted


@dataclass(frozen=True, slots=True)
class AgentState:
    """Everything that one look has found."""

    node: str = ""
    model: str = ""
    at: float = 0.0
    change: str = ""  # of the channels, which the refusals are about
    store_fault: str = ""
    channels: Mapping[str, ChannelState] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)  # version -> why
    versions: tuple[str, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict, metadata=LATER)  # channel -> version
    asked: tuple[str, ...] = field(default=(), metadata=LATER)  # kept until somebody asks to prune
    orders: Mapping[str, Outcome] = field(default_factory=dict, metadata=LATER)  # by the master's ids


def read_state(path: Path) -> AgentState:
    """Return what was written last; a first state where there is nothing that can be read."""
    try:
        return from_plain(AgentState, json.loads(path.read_bytes()))
    except FileNotFoundError:
        return AgentState()
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read and is begun anew: %s", path, " ".join(str(error).split()))
        return AgentState()


def write_state(path: Path, state: AgentState) -> bool:
    """Replace the file, and return whether: on a full disk it stays, which costs nothing that is served."""
    try:
        replace_text(path, json.dumps(to_plain(state), indent=1) + "\n")
    except OSError as error:
        log.warning("%s cannot be written (%s)", path, error.strerror)
        return False
    return True
