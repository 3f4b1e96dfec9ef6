"""What can stop a training run, beside damaged segments and parameters."""

from auto_deployment.errors import MarqueeError


class TrainingError(MarqueeError):
    """No model can be made, found or published. The message says what to do."""


class NotEnoughDataError(TrainingError):
    """The events do not suffice for a model."""
