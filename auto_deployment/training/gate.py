"""May a model be published? Pure: measurements and limits in, checks with value, limit and interval out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from auto_deployment.training.gate_checks import (
    GateCheck,
    GateParams,
    GateResult,
    at_least,
    at_most,
    counted,
    not_computable,
)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What is known of a candidate.

    `metrics` is `metrics.json` of the candidate, `probe` what asking the artefact showed, `champion` says
    who that is (`champion.json`), `comparison` is `compare`'s outcome, {"error": sentence}, or None without
    a champion, `intake` what came in, `rejected` the content hashes that releases have rejected.
    """

    metrics: Mapping[str, Any]
    probe: Mapping[str, Any]
    champion: Mapping[str, Any]
    comparison: Mapping[str, Any] | None
    intake: Mapping[str, Any]
    new_events: int
    rejected: Mapping[str, str]  # content hash -> reason


def judge_model(facts: GateFacts, params: GateParams) -> GateResult:
    """Hold everything against its limit; a check that cannot be computed is not passed."""
    return GateResult(
        (
            *_rating(facts, params),
            *_ranking(facts, params),
            *_champion(facts, params),
            *_data(facts, params),
            *_artefact(facts, params),
        )
    )


def _rating(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    rating = facts.metrics["rating"]
    yield at_most("rmse", rating["svd"]["rmse"], params.rmse_max, "RMSE on later events (1-5)")
    yield _better_than_bias(rating["svd_minus_bias"]["rmse"], params.bias_margin)


def _better_than_bias(found: Mapping[str, float | None], margin: float) -> GateCheck:
    """Require less than the biases, not merely no more: what adds nothing to them is no model."""
    check = at_most("bias", found, 0.0 - margin, "RMSE minus that of the biases alone", digits=2)
    return replace(check, passed=False) if check.value == 0 else check


def _ranking(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    ranking = facts.metrics["ranking"]
    k = ranking["cutoff"]
    factor = ranking["ndcg_compared"]["blend_over_popularity"]
    yield at_least("popularity", factor, params.popularity_factor_min, f"NDCG@{k} over that of popularity")
    coverage = ranking["systems"]["blend"]["coverage"]
    yield at_least("coverage", coverage, params.coverage_min, "Share of all movies on anybody's list")
    probe = facts.probe
    if not probe["personal"]:
        yield not_computable(
            "same_list", "No user asked has a personal list: nothing can be said about them."
        )
        return
    share = probe["commonest"] / probe["personal"]
    limit = max(params.common_list_share_max, 1 / probe["personal"])
    yield counted("same_list", share, limit, "Share of personal lists that are the commonest one")


def _champion(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    compared, name = facts.comparison, facts.champion.get("version")
    if compared is None:
        yield GateCheck("champion", True, "There is no champion yet: this would be the first model.")
        return
    if error := compared.get("error"):
        yield not_computable("champion", f"The champion {name} cannot be compared: {error}")
        return
    rating, ranking = compared["rating"], compared["ranking"]
    yield at_most(
        "champion_rmse",
        rating["ratio"],
        1 + params.champion_rmse_loss_max,
        f"RMSE over that of the champion {name} on {rating['pairs']:,} later ratings",
    )
    yield _not_shown_worse(ranking, f"NDCG minus that of the champion {name}, {ranking['users']:,} users,")
    yield _groups(compared["groups"], params)


def _not_shown_worse(ranking: Mapping[str, Any], what: str) -> GateCheck:
    found = ranking["difference"]
    if found["value"] is None or found["high"] is None:
        return not_computable("champion_ndcg", f"{what} could not be measured: too few users.")
    sentence = (
        f"{what} is {found['value']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f}), "
        "the upper end must not be below 0."
    )
    return GateCheck(
        "champion_ndcg", found["high"] >= 0, sentence, found["value"], 0.0, found["low"], found["high"]
    )


def _groups(groups: Mapping[str, Mapping[str, Any]], params: GateParams) -> GateCheck:
    """Let a group veto that has enough users, loses more than allowed, and is shown to lose at all."""
    losses = {
        f"{kind} {name}": (1 - measured["challenger"]["value"] / measured["champion"]["value"], measured)
        for kind, named in groups.items()
        for name, measured in named.items()
        if measured["users"] >= params.group_users_min and measured["champion"]["value"]
    }
    vetoes = {
        name: loss
        for name, (loss, measured) in losses.items()
        if loss > params.group_ndcg_loss_max and measured["difference"]["high"] < 0
    }
    worst = max((loss for loss, _ in losses.values()), default=0.0)
    limit = params.group_ndcg_loss_max
    if vetoes:
        said = ", ".join(f"{name} loses {loss:.1%}" for name, loss in sorted(vetoes.items()))
        return GateCheck(
            "groups", False, f"NDCG by group: {said}; at most {limit:.0%} is allowed.", worst, limit
        )
    sentence = (
        f"Of {len(losses)} groups with {params.group_users_min} users or more none is shown to lose more "
        f"than {limit:.0%} of NDCG; the largest loss is {worst:.1%}."
    )
    return GateCheck("groups", True, sentence, worst, limit)


def _data(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    new = {"value": float(facts.new_events), "low": None, "high": None}
    yield at_least(
        "new_events", new, params.new_events_min, "Number of events newer than the champion's data", 9
    )
    damaged = facts.intake["damaged"]
    named = f" ({', '.join(sorted(damaged))})" if damaged else ""
    yield counted(
        "segments", len(damaged), params.damaged_segments_max, f"Number of damaged segments left out{named}"
    )
    drift = facts.intake["drift"]
    named = f" ({', '.join(sorted(drift))})" if drift else ""
    yield counted(
        "drift", len(drift), params.drift_findings_max, f"Number of strong changes of the stream{named}"
    )


def _artefact(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    probe = facts.probe
    if probe["error"]:
        yield not_computable("artefact", f"The artefact cannot be used: {probe['error']}")
        return
    asked = f"of {probe['users']:,} asked"
    yield counted(
        "wrong_lists", probe["wrong"], 0, f"Lists {asked} with a seen title, one twice, or too few: that"
    )
    yield counted(
        "answer_ms", probe["answer_ms"], params.answer_max_ms, f"Mean time of an answer {asked}, ms,"
    )
    yield counted("load_s", probe["load_s"], params.load_max_s, "Time to load and check the artefact, s,")
    yield counted("size_mb", probe["size_mb"], params.size_max_mb, "Size of the artefact, MB,")
    reason = facts.rejected.get(probe["content_hash"])
    if reason is not None:
        sentence = f"A release has rejected this very artefact: {reason}"
        yield GateCheck("rejected", False, sentence)
    else:
        yield GateCheck("rejected", True, "No release has rejected this artefact.")
