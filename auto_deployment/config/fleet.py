"""The variables of models for many hosts: the store, and the agent of a node."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.model_format import LABEL
from auto_deployment.config.env import Variables, matching, port, url

REMOTE = re.compile(r"(s3|gs|az)://[^/@]+(/[^@]*)?")
CHANNEL = re.compile(r"([a-z][a-z0-9-]{0,31})(?:=(.+))?")


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """Without a store nothing of this is used."""

    store: str | None = None  # a folder, or s3://, gs://, az://
    model: str = "recommender"
    volume: Path | None = None  # of this node; None: DATA_DIR/fleet
    channels: Mapping[str, str | None] = field(default_factory=lambda: {"stable": None})  # -> its service
    node: str = field(default_factory=socket.gethostname)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9113


def _store(text: str) -> str:
    if "://" in text and not REMOTE.fullmatch(text):
        raise ValueError("a folder, or s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH")
    return text


def _channels(text: str) -> Mapping[str, str | None]:
    found: dict[str, str | None] = {}
    for word in text.split(","):
        one = CHANNEL.fullmatch(word.strip())
        if one is None or one[1] in found:
            raise ValueError(
                "channels, each once, with their services: stable=http://127.0.0.1:8000,canary=..."
            )
        found[one[1]] = one[2] and str(url(one[2]))
    return found


_LABEL = matching(LABEL.pattern, "one word of up to 128 letters, digits and . _ + -")
_NODE = matching(
    rf"(?!all$){LABEL.pattern}", "one word of up to 128 letters, digits and . _ + -, and not all"
)
VARIABLES: Variables = {
    "MODEL_STORE": ("store", _store),
    "MODEL_NAME": ("model", _LABEL),
    "FLEET_DIR": ("volume", Path),
    "FLEET_CHANNELS": ("channels", _channels),
    "FLEET_NODE": ("node", _NODE),
    "FLEET_METRICS_HOST": ("metrics_host", str),
    "FLEET_METRICS_PORT": ("metrics_port", port),
}
