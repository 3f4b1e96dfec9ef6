"""Refusals that a caller may want to tell from other bad input; each is also bad input."""

from auto_deployment.errors import BadInputError


class NotThereError(BadInputError):
    """Nothing is held under that name."""


class ContradictionError(BadInputError):
    """It contradicts what is there: another rating of that moment, or a wish to be forgotten."""


class KeyReusedError(BadInputError):
    """An idempotency key came with another event than before."""
