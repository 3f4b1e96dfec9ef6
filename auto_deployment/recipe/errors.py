"""What can go wrong while something is measured."""

from auto_deployment.errors import MarqueeError


class RecipeError(MarqueeError):
    """It could not be measured, or the goal cannot be met. The message says what to do."""


class StoppedError(RecipeError):
    """A person has ended the measurement."""

    exit_status = 130
