"""What the release controller asks for: which release, and since when its evidence counts."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auto_deployment.feedback.files import RELEASE_NAME
from auto_deployment.host.codec import from_plain

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A release, and the moment, on the host's clock, from which on its users count."""

    release: str
    since: datetime

    def __post_init__(self) -> None:
        """Refuse what cannot be the name of a file."""
        if not RELEASE_NAME.fullmatch(self.release):
            raise ValueError(f"{self.release!r} is no release")


def read_asked(path: Path) -> Asked | None:
    """Return what is asked for, None where nothing is; what is damaged asks for nothing and is logged."""
    try:
        return from_plain(Asked, json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        log.warning("%s cannot be read (%s): the controller writes it again when it starts", path, reason)
        return None
