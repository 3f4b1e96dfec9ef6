"""Choosing the weights of a model's parts, on a later part of its training data."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int32Array
from auto_deployment.training.params import PrepareParams, TrainParams
from auto_deployment.training.prepare.interactions import is_liked
from auto_deployment.training.prepare.split import Kind
from auto_deployment.training.train.choose.cases import Facts
from auto_deployment.training.train.choose.choice import (
    EVENTS_FROM,
    Choice,
    group_of,
    plain_choice,
    share_of,
)
from auto_deployment.training.train.choose.fold import Fold
from auto_deployment.training.train.choose.own_lists import Arrivals, with_own_lists
from auto_deployment.training.train.choose.popular import ALONE, falling_weights, speaks
from auto_deployment.training.train.choose.shortlist import (
    FACTORS,
    POPULAR,
    Part,
    Shortlists,
    items_with,
    joined,
    make_shortlists,
)
from auto_deployment.training.train.strength import strength, told_strength
from auto_deployment.training.train.trainset import Trainset

LEAST_CASES = 30  # fewer say nothing; then factors and items count alike
UNTRIED = share_of(1.0)
SURE = 2.0  # standard errors by which fading has to be better: mostly it is not, and has three tries

Tried = tuple[float, float | None]  # the item part's share, the half-life


def choose(
    trainset: Trainset, kind: Kind, prepare: PrepareParams, params: TrainParams
) -> tuple[Choice, dict[str, Any]]:
    """Return what is best on later events of the training part, and what each candidate was worth there.

    The factors' small share of SVD is left out: it is the factors and the items that are weighed.
    """
    likes = strength(trainset, params.rating_power)
    told = told_strength(trainset, params.rating_power, prepare)
    facts = Facts(likes, told, is_liked(trainset.rating, trainset.watched, prepare))
    half_lives = (None, *params.choose.half_lives)
    lists, events, is_newcomer, arrivals = _look(trainset, facts, kind, params, half_lives)
    if lists is None or (~is_newcomer).sum() < LEAST_CASES:
        return plain_choice(UNTRIED, params.min_events), {"users": int((~is_newcomer).sum())}
    candidates = _candidates(params, half_lives)
    worth = {one: lists.ndcg(_weights(*one))[~is_newcomer] for one in candidates}
    best = _best(worth)
    levels = (*sorted(params.choose.popular_weights), ALONE)
    groups = group_of(events)
    here = speaks(groups, is_newcomer)
    by_level = np.stack([lists.ndcg(_with_popular(*best, level))[here] for level in levels])
    weights = falling_weights(by_level - by_level[0], groups[here], levels)
    alone = sum(weight == ALONE for weight in weights)
    choice = Choice(
        *best,
        popular_weights=tuple(min(weight, levels[-2]) for weight in weights),
        min_events=(*EVENTS_FROM, int(trainset.events_per_user().max()) + 1)[alone],
    )
    choice, own_lists = with_own_lists(choice, arrivals, levels[:-1])
    return choice, {**_report(worth, by_level, groups[here], levels), "own_lists": own_lists}


def _look(
    trainset: Trainset,
    facts: Facts,
    kind: Kind,
    params: TrainParams,
    half_lives: tuple[float | None, ...],
) -> tuple[Shortlists | None, Int32Array, BoolArray, list[Arrivals]]:
    """Cut and fit until users enough have something held out.

    Return lists, events and newcomers of all, and arrivals.
    """
    lists: list[Shortlists] = []
    events: list[Int32Array] = [np.zeros(0, dtype=np.int32)]
    is_newcomer: list[BoolArray] = [np.zeros(0, dtype=np.bool_)]
    arrivals: list[Arrivals] = []
    for share in params.choose.cut_shares:
        if sum((~one).sum() for one in is_newcomer) >= params.choose.users:
            break
        fold = Fold(trainset, facts, kind, share, params)
        if fold.is_empty:
            continue
        lists.append(make_shortlists(fold, fold.cases, half_lives))
        if len(fold.arrivals.events):
            arrivals.append((make_shortlists(fold, fold.arrivals, half_lives), fold.arrivals.events))
        events.append(fold.cases.events)
        is_newcomer.append(fold.cases.is_newcomer)
    return joined(lists) if lists else None, np.concatenate(events), np.concatenate(is_newcomer), arrivals


def _candidates(params: TrainParams, half_lives: tuple[float | None, ...]) -> list[Tried]:
    """Return every share of the item part, without fading first."""
    shares = [*map(share_of, params.choose.item_weights), 1.0]
    return [(share, one) for one in half_lives for share in shares if share or one is None]


def _best(worth: Mapping[Tried, Float64Array]) -> Tried:
    """Return the best candidate without fading, or a better one with it that is surely better."""
    plain = max((one for one in worth if one[1] is None), key=lambda one: float(worth[one].mean()))
    best = plain
    for one, values in worth.items():
        gain = values - worth[plain]
        is_sure = gain.mean() > SURE * gain.std() / np.sqrt(len(gain))
        if one[1] is not None and is_sure and values.mean() > worth[best].mean():
            best = one
    return best


def _weights(share: float, half_life: float | None) -> dict[Part, float]:
    return {FACTORS: 1 - share, items_with(half_life): share}


def _with_popular(share: float, half_life: float | None, level: float) -> dict[Part, float]:
    return {POPULAR: 1.0} if level == ALONE else {**_weights(share, half_life), POPULAR: level}


def _report(
    worth: Mapping[Tried, Float64Array], by_level: Float64Array, groups: Int32Array, levels: tuple[float, ...]
) -> dict[str, Any]:
    """Return what the candidates were worth, as JSON."""
    names = ["alone" if level == ALONE else f"{level:g}" for level in levels]
    return {
        "users": len(next(iter(worth.values()))),
        "candidates": [
            {"item_weight": share, "half_life": half_life, "ndcg": round(float(values.mean()), 6)}
            for (share, half_life), values in worth.items()
        ],
        "popularity": [
            {
                "events_from": first,
                "users": int((groups == place).sum()),
                "ndcg": {
                    name: round(float(values[groups == place].mean()), 6)
                    for name, values in zip(names, by_level, strict=True)
                },
            }
            for place, first in enumerate(EVENTS_FROM)
            if (groups == place).any()
        ],
    }
