"""Names that may stand in a store's addresses and a node's folders."""

import re

from app.model_format import LABEL
from auto_deployment.fleet.errors import BadNameError

CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}")
STABLE, CANARY = "stable", "canary"
REJECTED = "rejected"  # a folder beside the versions
CHANNELS = "channels.json"
ALL = "all"  # nodes, in addresses of the master
CONTENT = re.compile(r"[0-9a-f]{64}")


def model_name(text: str) -> str:
    """Return a model's name as it is; raise `BadNameError` where it cannot be a folder's."""
    return _label(text, "model")


def version_name(text: str) -> str:
    """Return a version's name as it is; raise `BadNameError` for those that the store needs itself, too."""
    if text in (REJECTED, CHANNELS):
        raise BadNameError(f"A version cannot be named {text}: the store keeps something else there.")
    return _label(text, "version")


def channel_name(text: str) -> str:
    """Return a channel's name as it is; raise `BadNameError` where it is none."""
    if not CHANNEL.fullmatch(text):
        raise BadNameError(
            f"{text!r} is no name of a channel: use up to 32 small letters, digits and -, a letter first."
        )
    return text


def node_name(text: str) -> str:
    """Return a node's name as it is; raise `BadNameError` for the word that means every node, too."""
    if text == ALL:
        raise BadNameError(f"A node cannot be named {ALL}: that means every node. Set FLEET_NODE.")
    return _label(text, "node")


def content_name(text: str) -> str:
    """Return a content hash as it is; raise `BadNameError` where it is none."""
    if not CONTENT.fullmatch(text):
        raise BadNameError(
            f"{text!r} is no content hash: it is `content_hash` of a manifest, 64 digits and letters a to f."
        )
    return text


def _label(text: str, what: str) -> str:
    if not LABEL.fullmatch(text):
        raise BadNameError(
            f"{text!r} is no name of a {what}: use one word of up to 128 letters, digits and . _ + -, "
            "a letter or digit first."
        )
    return text
