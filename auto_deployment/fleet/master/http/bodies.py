"""What requests to the master say, and by whom."""

import re
from dataclasses import dataclass, field

from flask import request
from werkzeug.exceptions import BadRequest

from auto_deployment.host.codec import LATER
from auto_deployment.web.bodies import read_key

MAX_BODY = 262_144  # bytes; a report has some 2,000, and 100 for each version that a node holds
LONGEST_NAME, LONGEST_REASON = 60, 500
BY = "X-Marquee-By"


@dataclass(frozen=True, slots=True)
class ChannelBody:
    """What a channel shall want, and what it is expected to want so far (null: nothing)."""

    version: str
    expected: str | None


@dataclass(frozen=True, slots=True)
class OrderBody:
    """What an order is about."""

    model: str = field(default="", metadata=LATER)
    channel: str = field(default="", metadata=LATER)
    version: str = field(default="", metadata=LATER)


@dataclass(frozen=True, slots=True)
class RejectBody:
    """Why a model is ruled out."""

    reason: str


def needed_key() -> str:
    """Return the caller's name of the operation; raise what says that there must be one."""
    key = read_key()
    if key is None:
        raise BadRequest("Name the operation by an Idempotency-Key, such as a UUID: it is then done once.")
    return key


def caller() -> str:
    """Return who asks, as the caller says it: the token says only that it is somebody who may."""
    name = request.headers.get(BY, "").strip()
    if len(name) > LONGEST_NAME or not re.fullmatch(r"[\x20-\x7e\xa0-\xff]*", name):
        raise BadRequest(f"{BY} is a name of up to {LONGEST_NAME} characters of one line.")
    return name or "somebody"
