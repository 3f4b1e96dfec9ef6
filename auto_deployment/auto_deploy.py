"""One retraining cycle: new events in, a published model or a refusal with reasons out."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

from auto_deployment.config.publish import MERGE_REQUEST
from auto_deployment.cycle.outcome import (
    FAILED,
    FOR_REVIEW,
    PUBLISHED,
    REFUSED,
    REHEARSED,
    UNCHANGED,
    WAITING,
    Outcome,
)
from auto_deployment.cycle.steps import Workshop
from auto_deployment.errors import MarqueeError

log = logging.getLogger(__name__)

Step = Callable[[str], None]


def retrain(
    workshop: Workshop, now: datetime, way: str, *, dry_run: bool, step: Step = lambda name: None
) -> Outcome:
    """Take the closed segments, train, hold the model against the gate, publish it, say what came of it.

    Nothing is visible to others before the push of commit and tag, and its data is in DVC's remote by then.
    Killed anywhere and called again, it begins anew from what is published. `step` is told each step's name.
    """
    with ExitStack() as stack:
        if nothing := workshop.why_nothing(now, refreshed=False):
            return Outcome(WAITING, "", nothing, now)
        step("refresh")
        workshop.refresh()
        workshop.finish_interrupted()
        if nothing := workshop.why_nothing(now, refreshed=True):
            return Outcome(WAITING, "", nothing, now)
        step("take")
        begun = workshop.take_in(stack, now)
        if not workshop.changed():
            return replace(begun, kind=UNCHANGED, sentence=workshop.why_unchanged())
        step("train")
        named = workshop.name(begun, now)
        step("reproduce")
        trained = workshop.reproduce(named)
        if not trained.gate or not trained.gate["passed"]:
            return replace(trained, kind=REFUSED, step="gate", sentence=workshop.why_refused(trained))
        if dry_run:
            return replace(
                trained, kind=REHEARSED, sentence=f"{trained.version} passed; nothing left this host."
            )
        step("upload")
        workshop.upload()
        step("commit")
        workshop.commit(trained)
        step("push")
        if way == MERGE_REQUEST:
            branch = workshop.ask_for_review(trained)
            sentence = f"{trained.version} waits for review in the branch {branch}."
            return replace(trained, kind=FOR_REVIEW, sentence=sentence)
        published = replace(trained, kind=PUBLISHED, sentence=f"{trained.version} is published.")
        workshop.intend(published)
        workshop.push(published)
        step("mark")
        workshop.mark()
        return published


def run_cycle(
    workshop: Workshop,
    clock: Callable[[], datetime],
    way: str,
    *,
    dry_run: bool = False,
    step: Step = lambda name: None,
) -> Outcome:
    """Run one cycle and record how it ended; an expected failure is an outcome too."""
    started = clock()
    at = ["start"]

    def note(name: str) -> None:
        at[0] = name
        log.info("Step: %s", name)
        step(name)

    with workshop.alone():
        try:
            outcome = retrain(workshop, started, way, dry_run=dry_run, step=note)
        except (MarqueeError, OSError) as error:  # the latter: no room, or no right to a folder
            outcome = Outcome(FAILED, at[0], str(error), started)
        outcome = replace(outcome, seconds=(clock() - started).total_seconds())
        log.info("%s: %s", outcome.kind, outcome.sentence)
        if outcome.kind != REHEARSED:
            workshop.record(outcome)
    return outcome
