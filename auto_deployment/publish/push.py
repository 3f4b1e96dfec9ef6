"""The reason of a refused push, from what git prints. Pure."""

import re
from enum import Enum, auto


class Push(Enum):
    """What became of a push."""

    DONE = auto()
    MOVED = auto()  # somebody else pushed in between
    REFUSED = auto()  # a hook, a protected branch, missing rights: trying again does not help
    UNREACHABLE = auto()


MOVED = ("(fetch first)", "(non-fast-forward)", "(stale info)", "cannot lock ref", "failed to update ref")
NO_OPTIONS = "does not support push options"
DENIED = (
    "authentication failed",
    "permission denied",
    "access denied",
    "could not read username",
    "could not read password",
    "host key verification failed",
    NO_OPTIONS,
)
DENIED_STATUS = re.compile(r"\b(?:error:|http(?:/[0-9.]+)?) 40[13]\b")


def read_push(status: int, out: str, err: str) -> Push:
    """Read what `git push --porcelain` said."""
    if status == 0:
        return Push.DONE
    refused = [line for line in out.splitlines() if line.startswith("!")]
    # With --atomic the other refs fail too, for that reason alone.
    own = [line for line in refused if "atomic" not in line]
    if own and all(any(sign in line for sign in MOVED) for line in own):
        return Push.MOVED
    said = err.lower()
    if own or any(sign in said for sign in DENIED) or DENIED_STATUS.search(said):
        return Push.REFUSED
    return Push.UNREACHABLE
