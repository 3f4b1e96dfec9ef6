"""Which weight a kind of question gets, by one half of the users, and what it is worth to the other half."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import Float64Array, IndexArray
from auto_deployment.statistics.bootstrap import Bootstrap, Estimate, Resampled
from auto_deployment.training.personal.ask import TITLE_RULE, Tried
from search.fusion import Kind

FIRST_MIN = 0.99  # of questions for a title whose first movie has it


@dataclass(frozen=True, slots=True)
class Worth:
    """Mean reciprocal ranks without and with a weight, and their difference over the same users."""

    questions: int
    users: int
    without: Estimate
    ranked: Estimate
    gain: Estimate


@dataclass(frozen=True, slots=True)
class Choice:
    kind: Kind
    best: float  # on the half of users that chooses
    weight: float  # 0 where the other half does not gain by it
    worth: Worth  # of `best`, on the other half


@dataclass(frozen=True)
class Weighed:
    choices: Mapping[Kind, Choice]
    rules: Mapping[str, Worth]  # of the chosen weights, on the half that measures
    means: Mapping[Kind, Mapping[float, float]]  # of the half that chooses
    first: float  # share of titles asked for that come first with the chosen weights


def weigh(tried: Sequence[Tried], weights: Sequence[float], bootstrap: Bootstrap) -> Weighed:
    """Choose a weight for each kind of question; `weights` has 0, and what it gives is what is compared with.

    A weight has to be better by more than chance, paired by users, on the half that has not chosen it.
    """
    choosing = [one for one in tried if one.user_row % 2 == 0]
    measuring = [one for one in tried if one.user_row % 2]
    means, choices = dict[Kind, dict[float, float]](), dict[Kind, Choice]()
    for kind in Kind:
        mine, others = _of(choosing, kind), _of(measuring, kind)
        if not mine or not others:
            continue
        means[kind] = {one: float(np.mean([asked.ranks[one] for asked in mine])) for one in weights}
        best = max(weights, key=lambda one: (means[kind][one], -one))
        worth = worth_of(others, dict.fromkeys(Kind, best), bootstrap)
        is_more = worth.gain["low"] is not None and worth.gain["low"] > 0
        choices[kind] = Choice(kind, best, best if is_more else 0.0, worth)
    chosen = {kind: choices[kind].weight if kind in choices else 0.0 for kind in Kind}
    rules = {
        rule: worth_of([one for one in measuring if one.rule == rule], chosen, bootstrap)
        for rule in dict.fromkeys(one.rule for one in measuring)
    }
    titles = [one.first[chosen[one.kind]] for one in tried if one.rule == TITLE_RULE]
    return Weighed(choices, rules, means, float(np.mean(titles)) if titles else 1.0)


def worth_of(tried: Sequence[Tried], weights: Mapping[Kind, float], bootstrap: Bootstrap) -> Worth:
    """Compare with no weight; every user counts by the number of his questions."""
    users, place = np.unique([one.user_row for one in tried], return_inverse=True)
    without = _sums(place, [one.ranks[0.0] for one in tried], len(users))
    ranked = _sums(place, [one.ranks[weights[one.kind]] for one in tried], len(users))
    count = _sums(place, [1.0] * len(tried), len(users))
    resampled = Resampled({"without": without, "ranked": ranked, "count": count}, bootstrap)
    return Worth(
        questions=len(tried),
        users=len(users),
        without=resampled.ratio("without", "count"),
        ranked=resampled.ratio("ranked", "count"),
        gain=resampled.estimate(lambda sums: (sums["ranked"] - sums["without"]) / sums["count"]),
    )


def _of(tried: Sequence[Tried], kind: Kind) -> list[Tried]:
    return [one for one in tried if one.kind is kind]


def _sums(place: IndexArray, values: Sequence[float], users: int) -> Float64Array:
    return np.bincount(place, values, users).astype(np.float64)
