"""What can go wrong with the outside.

PublishError
├── CommandError         a command ended with an error; `output` is what it said
├── StageError           a step of the flow could not be taken; the message begins with its own sentence
├── UnreachableError     a remote does not answer, or has no room: the next cycle tries again
└── RefusedError         the remote does not want this, however often it is tried: a person must act
"""

from auto_deployment.errors import MarqueeError


class PublishError(MarqueeError):
    """Nothing was published."""


class CommandError(PublishError):
    """A command ended with an error."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


class StageError(PublishError):
    """A step of the flow could not be taken."""


class UnreachableError(PublishError):
    """A remote cannot be reached or has no room."""


class RefusedError(PublishError):
    """The remote refuses for good."""
