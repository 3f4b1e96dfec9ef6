"""The wiring that `retrain`, `schedule`, `retain` and `provenance` share."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.cycle.context import Cycle, Project
from auto_deployment.cycle.mails import mails_about
from auto_deployment.cycle.outcome import Outcome
from auto_deployment.cycle.schedule import read_state
from auto_deployment.errors import MarqueeError
from auto_deployment.mail.outbox import Outbox
from auto_deployment.params import load_params
from auto_deployment.paths import PROJECT, CycleLayout, Paths
from auto_deployment.publish import factory

log = logging.getLogger(__name__)


def make_cycle(settings: Settings) -> Cycle:
    """Return everything that one cycle needs."""
    paths, publish = Paths(settings.data_dir), settings.publish
    max_age_s = load_params(settings.params_file).ingest.batch.max_age_s
    has_remote = publish.git_remote is not None
    branch, engine = publish.git_branch, settings.engine.engine
    project = Project(PROJECT, settings.params_file, branch, has_remote, max_age_s, engine)
    publishing = factory.build(paths.cycle, publish)
    return Cycle(paths, publishing, project, mail_notifier(settings, publishing.layout))


def cycle_outbox(settings: Settings) -> Outbox:
    """Return the outbox of this data directory's cycles."""
    return Outbox(Paths(settings.data_dir).outbox, settings.mail)


def mail_notifier(settings: Settings, layout: CycleLayout) -> Callable[[Outcome], None]:
    """Return what puts the mails about an outcome into the outbox; trouble with them changes nothing."""
    outbox = cycle_outbox(settings)
    trailing_days = load_params(settings.params_file).ingest.drift.trailing_days

    def notify(outcome: Outcome) -> None:
        try:
            state = read_state(layout.schedule)
            for mail in mails_about(outcome, None if state is None else state.due, trailing_days):
                outbox.put(mail)
        except MarqueeError as error:
            log.error("There will be no mail about this cycle: %s", error)

    return notify


def last_outcome(layout: CycleLayout) -> Outcome | None:
    """Return how the last cycle ended, None before the first one or where the record cannot be read."""
    return _read(layout.last)


def last_published(layout: CycleLayout) -> Outcome | None:
    """Return the last outcome that published something."""
    return _read(layout.last_published)


def _read(path: Path) -> Outcome | None:
    try:
        return Outcome.from_json(json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
