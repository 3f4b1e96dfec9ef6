"""How a call may end without a list.

NoAnswerError          for callers who asked for it by `raise_on_failure`
CallFailedError        within this package: what a way to the service raises
    NotHeardError      a connection was refused, or a kept one closed meanwhile: ask once more
"""

OPEN = "open"
ANSWERED = "answered"
REFUSED = "refused"
TIMEOUT = "timeout"
UNREACHABLE = "unreachable"
ERROR = "error"

# How a call may end -> what that means, for those who read the metrics.
OUTCOMES = {
    ANSWERED: "a list came",
    REFUSED: "the service answered that the question is wrong",
    TIMEOUT: "no whole answer within the budget",
    UNREACHABLE: "no connection",
    ERROR: "the service failed, or what came is no answer",
    OPEN: "not asked, the kill switch is open",
}


class NoAnswerError(Exception):
    """The service gave no list. `outcome` is one of `OUTCOMES`, the message says why in a sentence."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


class CallFailedError(Exception):
    """One call that ended without a list."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome

    @property
    def is_the_services(self) -> bool:
        """Tell whether the service failed, and not the question."""
        return self.outcome != REFUSED


class NotHeardError(CallFailedError):
    """Nobody heard the question: it may be asked once more."""
