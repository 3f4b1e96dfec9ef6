"""The veto of groups: nobody's lists may become much worse so that the mean gets better."""

from collections.abc import Mapping
from typing import Any

from auto_deployment.training.gate.checks import GateCheck, GateParams, is_known, not_computable

NAME = "groups"


def hold_groups(groups: Mapping[str, Mapping[str, Any]], params: GateParams) -> GateCheck:
    """Let a group veto that has enough users, loses more than allowed, and is shown to lose at all.

    The loss is a share of the champion's NDCG; shown is a loss whose interval of paired draws lies below 0.
    """
    voters = {
        f"{kind} {name}": measured
        for kind, named in groups.items()
        for name, measured in named.items()
        if measured["users"] >= params.group_users_min
    }
    limit = params.group_ndcg_loss_max
    unknown = [name for name, measured in voters.items() if _has_gaps(measured)]
    if unknown:
        return not_computable(NAME, f"NDCG of {', '.join(unknown)} could not be measured.", limit)
    if not voters:
        return GateCheck(
            NAME, True, f"No group has {params.group_users_min} users or more: none has a veto.", limit=limit
        )
    losses = {name: _loss(measured) for name, measured in voters.items()}
    vetoes = {
        name: loss for name, loss in losses.items() if loss > limit and voters[name]["difference"]["high"] < 0
    }
    # What is told about is the group that decides: the worst of those with a veto, else the worst of all.
    worst = max(vetoes or losses, key=lambda name: losses[name])
    if vetoes:
        said = f"{worst} loses {_percent(losses[worst])} ({_interval(voters[worst])})"
        others = "".join(f", {name} {_percent(vetoes[name])}" for name in sorted(set(vetoes) - {worst}))
        sentence = f"NDCG by group: {said}{others}; at most {limit:.0%} of it may be lost."
    else:
        sentence = (
            f"None of {len(voters)} groups with {params.group_users_min} users or more is shown to lose NDCG "
            f"and loses more than {limit:.0%} of it; the largest loss is {_percent(losses[worst])} "
            f"({_interval(voters[worst])}), of {worst}."
        )
    return GateCheck(NAME, not vetoes, sentence, losses[worst], limit, *_bounds(voters[worst]))


def _has_gaps(measured: Mapping[str, Any]) -> bool:
    needed = [measured[side]["value"] for side in ("challenger", "champion")]
    return not is_known(*needed, measured["difference"]["low"], measured["difference"]["high"])


def _loss(measured: Mapping[str, Any]) -> float:
    champion = float(measured["champion"]["value"])
    return 1 - float(measured["challenger"]["value"]) / champion if champion else 0.0


def _bounds(measured: Mapping[str, Any]) -> tuple[float, float]:
    """Return the interval of the loss: that of the difference, as a share of the champion's NDCG."""
    difference, champion = measured["difference"], float(measured["champion"]["value"])
    if not champion:
        return 0.0, 0.0
    return (0.0 - difference["high"]) / champion, (0.0 - difference["low"]) / champion


def _interval(measured: Mapping[str, Any]) -> str:
    low, high = _bounds(measured)
    return f"{_percent(low)} to {_percent(high)}"


def _percent(share: float) -> str:
    return f"{share:.1%}"
