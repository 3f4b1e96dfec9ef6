"""A made-up cycle whose lists differ so much that a person decides."""

from dataclasses import replace

from auto_deployment.cycle.outcome import REVIEW, Outcome
from auto_deployment.training.gate.checks import ListVerdict
from auto_deployment.training.gate.lists.difference import ListDifference, Sides
from auto_deployment.training.gate.lists.limits import hold_lists
from auto_deployment.training.gate.lists.params import ListDiffParams

FOUND = ListDifference(
    users=1000, unknown_to_champion=12, unknown_to_challenger=0, overlap=0.412, rbo=0.337, unchanged=0.0,
    popularity=Sides(9.31, 10.02), genre_distance=0.118, genres=(("Drama", 0.241, 0.163),),
    shown=Sides(1604, 311), coverage=Sides(0.413, 0.080),
)  # fmt: skip


def to_review(outcome: Outcome) -> Outcome:
    """Return the outcome of a cycle whose model shows far fewer different titles than the champion."""
    checks = hold_lists(FOUND, ListDiffParams())
    lists = ListVerdict("The lists of 1,000 users go beyond 1 of 5 limits.", FOUND.to_json(), checks)
    beyond = " ".join(check.sentence for check in checks if not check.passed)
    sentence = f"{outcome.version} passed the gate, and its lists differ much: {beyond}"
    gate = {**(outcome.gate or {}), "lists": lists.to_json()}
    return replace(outcome, kind=REVIEW, gate=gate, sentence=sentence)
