"""What a refused push means. Pure."""

from enum import Enum, auto


class Push(Enum):
    """What became of a push."""

    DONE = auto()
    MOVED = auto()  # somebody else pushed in between
    REFUSED = auto()  # a hook, a protected branch, missing rights: trying again does not help
    UNREACHABLE = auto()


MOVED = ("(fetch first)", "(non-fast-forward)", "(stale info)", "cannot lock ref", "failed to update ref")
DENIED = (
    "authentication failed",
    "permission denied",
    "access denied",
    "could not read username",
    "could not read password",
    "host key verification failed",
    "does not support push options",
    "403",
    "401",
)


def read_push(status: int, out: str, err: str) -> Push:
    """Read what `git push --porcelain` said."""
    if status == 0:
        return Push.DONE
    refused = [line for line in out.splitlines() if line.startswith("!")]
    # With --atomic the other refs fail too, for that reason alone.
    own = [line for line in refused if "atomic" not in line]
    if own and all(any(sign in line for sign in MOVED) for line in own):
        return Push.MOVED
    if own or any(sign in err.lower() for sign in DENIED):
        return Push.REFUSED
    return Push.UNREACHABLE
