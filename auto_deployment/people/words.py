"""Users, times and kinds of event as people write them, for the command line and for HTTP alike. Pure."""

from datetime import UTC, datetime

from auto_deployment.errors import BadInputError

MAX_USER_ID = 2**31 - 1  # of the stream and of tables
KINDS = ("rating", "watch")


def read_user(text: str) -> int:
    """Return a user's number; raise `BadInputError` for anything else."""
    # Longer runs of digits would meet the interpreter's limit on converting them.
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not 1 <= int(text) <= MAX_USER_ID:
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        raise BadInputError(f"{shown!r} is no user: users are whole numbers from 1 to {MAX_USER_ID}")
    return int(text)


def read_time(text: str) -> datetime:
    """Return a moment, in UTC where the text has no zone; raise `BadInputError`."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadInputError(f"{text[:40]!r} is no time: use 2026-08-27T10:00:00, in UTC") from None
