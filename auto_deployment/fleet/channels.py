"""Which version each channel of a model wants: one small file, replaced as a whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from auto_deployment.fleet.errors import BadNameError, DamagedError
from auto_deployment.fleet.files import Tag
from auto_deployment.fleet.names import channel_name, version_name
from auto_deployment.host.codec import from_plain, to_plain

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Channels:
    """What is wanted; `change` names the change that made it so."""

    wanted: Mapping[str, str] = field(default_factory=dict)
    change: str = ""
    at: str = ""
    format: int = FORMAT

    def with_(self, changes: Mapping[str, str], now: datetime) -> "Channels":
        """Return what is wanted after some channels have moved."""
        return Channels({**self.wanted, **changes}, uuid4().hex, now.isoformat(timespec="seconds"))


@dataclass(frozen=True, slots=True)
class Read:
    """Channels as they were read, and what identifies that for a change."""

    channels: Channels
    tag: Tag


def render(channels: Channels) -> bytes:
    """Return the file's content."""
    return (json.dumps(to_plain(channels), indent=1) + "\n").encode()


def parse(content: bytes, where: str) -> Channels:
    """Read the file's content; raise `DamagedError` naming it."""
    try:
        found = from_plain(Channels, json.loads(content))
        if found.format != FORMAT:
            raise ValueError(f"format {found.format} is not {FORMAT}")
        for channel, version in found.wanted.items():
            channel_name(channel)
            version_name(version)
    except (ValueError, BadNameError) as error:
        reason = " ".join(str(error).split())
        raise DamagedError(
            f"{where} is damaged ({reason}): remove it, and set the channels again."
        ) from error
    return found
