"""Errors that a person can act on: one sentence each, and the exit status of the command that met them."""


class MarqueeError(Exception):
    """Root of every expected failure of this package. The message is one sentence that says what to do."""

    exit_status = 1


class BadInputError(MarqueeError):
    """What was handed in cannot be used; nothing was written."""

    exit_status = 2
