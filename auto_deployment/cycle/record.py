"""How a cycle ended, written down and sent on; of a killed one too, where it had published."""

import logging

from auto_deployment.cycle.context import Cycle
from auto_deployment.cycle.outcome import PUBLISHED, TO_MERGE, Outcome
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.workspace import read_json, write_json

log = logging.getLogger(__name__)


def intend(cycle: Cycle, outcome: Outcome) -> None:
    """Write down what will have happened once the push is through."""
    write_json(cycle.layout.intended, outcome.to_json())


def finish_interrupted(cycle: Cycle) -> None:
    """Record the version that a killed cycle had published, or left to a person, before it could say so."""
    intended = cycle.layout.intended
    if not intended.exists():
        return
    try:
        outcome = Outcome.from_json(read_json(intended))
    except (TrainingError, KeyError, TypeError, ValueError) as error:
        log.warning("%s cannot be read and is left out: %s", intended, error)
    else:
        repository, version = cycle.publishing.repository, outcome.version
        if version in repository.tags() or (
            version and outcome.kind in TO_MERGE and repository.waits(version)
        ):
            record(cycle, outcome)
    intended.unlink(missing_ok=True)


def record(cycle: Cycle, outcome: Outcome) -> None:
    """Notify, and keep how the cycle ended; whoever is notified twice of an outcome has to know it."""
    cycle.notify(outcome)
    layout = cycle.layout
    if outcome.kind == PUBLISHED:
        write_json(layout.last_published, outcome.to_json())
    write_json(layout.last, outcome.to_json())
    layout.intended.unlink(missing_ok=True)
