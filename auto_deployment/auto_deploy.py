"""One retraining cycle: new events in, a published model or a refusal with reasons out."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from auto_deployment.config.publish import MERGE_REQUEST
from auto_deployment.cycle.challenger import Challenger, name_model, reproduce, why_refused, why_review
from auto_deployment.cycle.context import Cycle
from auto_deployment.cycle.inputs import Inputs, rewrite_segments, take_in, why_unchanged
from auto_deployment.cycle.link_segments import mark_linked
from auto_deployment.cycle.outcome import (
    FAILED,
    FOR_REVIEW,
    PUBLISHED,
    REFUSED,
    REHEARSED,
    REVIEW,
    UNCHANGED,
    WAITING,
    Outcome,
)
from auto_deployment.cycle.preconditions import why_nothing
from auto_deployment.cycle.publish import commit, push, refresh
from auto_deployment.cycle.record import finish_interrupted, intend, record
from auto_deployment.dataset.locks import reading
from auto_deployment.errors import MarqueeError
from auto_deployment.publish.repository import review_branch

log = logging.getLogger(__name__)

Step = Callable[[str], None]


def retrain(
    cycle: Cycle,
    now: datetime,
    way: str,
    *,
    dry_run: bool,
    step: Step = lambda name: None,
    continue_from: str | None = None,
) -> Outcome:
    """Take the closed segments, train, hold the model against the gate, publish it, say what came of it.

    `continue_from` is a version, or `champion`, whose weights the model goes on from.

    Nothing is visible to others before the push of commit and tag, and its data is in DVC's remote by then.
    Killed anywhere and called again, it begins anew from what is published. `step` is told each step's name.
    """
    if nothing := why_nothing(cycle, now, refreshed=False):
        return Outcome(WAITING, "", nothing, now)
    with cycle.publishing.commands.with_dvc_loaded():
        return _retrain(cycle, now, way, dry_run=dry_run, step=step, continue_from=continue_from)


def _retrain(
    cycle: Cycle, now: datetime, way: str, *, dry_run: bool, step: Step, continue_from: str | None
) -> Outcome:
    step("refresh")
    refresh(cycle)
    finish_interrupted(cycle)
    if nothing := why_nothing(cycle, now, refreshed=True):
        return Outcome(WAITING, "", nothing, now)
    step("take")
    rewrite_segments(cycle)
    with reading(cycle.paths.segments):
        inputs = take_in(cycle, continue_from)
        if not inputs.changed:
            return _outcome(UNCHANGED, why_unchanged(cycle), now, inputs)
        step("train")
        version = name_model(cycle, now, inputs.parent)
        step("reproduce")
        challenger = reproduce(cycle, version)
        if not challenger.passed:
            return _outcome(REFUSED, why_refused(challenger), now, inputs, challenger)
        if dry_run:
            passed = why_review(challenger) if challenger.needs_review else f"{version} passed."
            return _outcome(REHEARSED, f"{passed} Nothing left this host.", now, inputs, challenger)
        return _publish(cycle, now, way, inputs, challenger, step)


def _publish(
    cycle: Cycle, now: datetime, way: str, inputs: Inputs, challenger: Challenger, step: Step
) -> Outcome:
    """Let a model that has passed the gate leave this host."""
    version = challenger.version
    step("upload")
    cycle.publishing.data.push()
    step("commit")
    commit(cycle, challenger, len(inputs.intake.new))
    step("push")
    if challenger.needs_review or way == MERGE_REQUEST:
        return _leave_to_a_person(cycle, now, way, inputs, challenger)
    published = _outcome(PUBLISHED, f"{version} is published.", now, inputs, challenger)
    intend(cycle, published)
    push(cycle, version)
    step("mark")
    mark_linked(cycle)
    return published


def _leave_to_a_person(
    cycle: Cycle, now: datetime, way: str, inputs: Inputs, challenger: Challenger
) -> Outcome:
    """Push a branch to be merged; nothing is published before."""
    version, repository = challenger.version, cycle.publishing.repository
    sentence, why = f"{version} waits for review in the branch {review_branch(version)}.", ""
    if challenger.needs_review:
        why = why_review(challenger)
        sentence = f"{why} It waits in the branch {review_branch(version)}."
    waiting = _outcome(REVIEW if why else FOR_REVIEW, sentence, now, inputs, challenger)
    intend(cycle, waiting)
    repository.push_for_review(version, why, needs_request=way == MERGE_REQUEST)
    return waiting


def _outcome(
    kind: str, sentence: str, now: datetime, inputs: Inputs, challenger: Challenger | None = None
) -> Outcome:
    """Return how a cycle ended that got as far as knowing its inputs, and perhaps had a model."""
    outcome = Outcome(
        kind, "take", sentence, now, champion=inputs.champion, damaged=inputs.intake.damaged,
        drift=inputs.drift, new_segments=len(inputs.intake.new), new_bytes=inputs.intake.new_bytes,
    )  # fmt: skip
    if challenger is None:
        return outcome
    return replace(
        outcome, step="gate", version=challenger.version, gate=challenger.gate,
        metrics=challenger.metrics, profile=challenger.profile, index=challenger.index,
    )  # fmt: skip


def run_cycle(
    cycle: Cycle,
    clock: Callable[[], datetime],
    way: str,
    *,
    dry_run: bool = False,
    step: Step = lambda name: None,
    continue_from: str | None = None,
) -> Outcome:
    """Run one cycle and record how it ended; an expected failure is an outcome too."""
    started = clock()
    at = ["start"]

    def note(name: str) -> None:
        at[0] = name
        log.info("Step: %s", name)
        step(name)

    with cycle.alone():
        try:
            outcome = retrain(cycle, started, way, dry_run=dry_run, step=note, continue_from=continue_from)
        except (MarqueeError, OSError) as error:  # the latter: no room, or no right to a folder
            outcome = Outcome(FAILED, at[0], str(error), started)
        outcome = replace(outcome, seconds=(clock() - started).total_seconds())
        log.info("%s: %s", outcome.kind, outcome.sentence)
        if outcome.kind != REHEARSED:
            record(cycle, outcome)
    return outcome
