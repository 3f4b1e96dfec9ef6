"""May a model be published? Pure: measurements and limits in, checks with value, limit and interval out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auto_deployment.report.model_sentences import NOTHING_HELD_OUT, random_split_sentence
from auto_deployment.training.gate.checks import (
    Estimate,
    GateCheck,
    GateParams,
    GateResult,
    at_least,
    at_most,
    below,
    counted,
    is_known,
    not_computable,
)
from auto_deployment.training.gate.groups import hold_groups


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
    new_events: int | None  # None: the champion cannot be asked
    rejected: Mapping[str, str]  # content hash -> reason


def judge_model(facts: GateFacts, params: GateParams) -> GateResult:
    """Hold everything against its limit; a check that cannot be computed is not passed."""
    return GateResult(
        (
            *_split(facts.metrics["split"]),
            *_rating(facts, params),
            *_ranking(facts, params),
            *_champion(facts, params),
            *_data(facts, params),
            *_artefact(facts, params),
        )
    )


def _split(split: Mapping[str, Any]) -> Iterator[GateCheck]:
    """Say where the figures are not of later events. That alone is no reason to refuse."""
    if not split["test"]:
        yield not_computable("split", NOTHING_HELD_OUT)
    elif split["kind"] == "random":
        yield GateCheck("split", True, random_split_sentence(split))


def _is_random(facts: GateFacts) -> bool:
    return bool(facts.metrics["split"]["kind"] == "random")


def _rating(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    rating = facts.metrics["rating"]
    events = "events held out at random" if _is_random(facts) else "later events"
    yield below("rmse", rating["svd"]["rmse"], params.rmse_max, f"RMSE on {events} (1-5)")
    # Below, not merely no more: what adds nothing to the biases is no model.
    limit = 0.0 - params.bias_margin
    margin = _in_millionths(rating["svd_minus_bias"]["rmse"])
    yield below("bias", margin, limit, "RMSE minus that of the biases alone", 2)


def _ranking(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    ranking = facts.metrics["ranking"]
    yield _surely_better(ranking)
    coverage = ranking["systems"]["blend"]["coverage"]
    yield at_least("coverage", coverage, params.coverage_min, "Share of all movies on anybody's list")
    probe = facts.probe
    if probe["personal"] < 2:
        said = f"Of {probe['users']:,} users asked {probe['personal']} had a personal list: two are needed to"
        yield not_computable("same_list", f"{said} tell whether all are the same.")
        return
    share = probe["commonest"] / probe["personal"]
    # Of a few lists each is a large share; where all differ, none of them is common.
    limit = max(params.common_list_share_max, 1 / probe["personal"])
    yield counted("same_list", share, limit, "Share of personal lists that are the commonest one")


def _surely_better(ranking: Mapping[str, Any]) -> GateCheck:
    """Ask that the lists are shown to be better than popularity, whichever kind of it is harder to beat.

    A factor between the two would say nothing of chance: of few users 1.3 times is luck, of many 1.05 is not.
    """
    compared = ranking["ndcg_compared"]
    found = {
        "popularity": _in_millionths(compared["blend_minus_popularity"]),
        "popularity by plain count": _in_millionths(compared["blend_minus_count"]),
    }
    unknown = [which for which, one in found.items() if not is_known(*one.values())]
    which = unknown[0] if unknown else min(found, key=lambda name: found[name]["low"] or 0.0)
    what = f"NDCG@{ranking['cutoff']} minus that of {which}"
    return _difference("popularity", found[which], lambda low, _: low > 0, what, "lower end must be above 0")


def _champion(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    compared, name = facts.comparison, facts.champion.get("version")
    if compared is None:
        yield GateCheck("champion", True, "There is no champion yet: this would be the first model.")
        return
    if error := compared.get("error"):
        yield not_computable("champion", f"The champion {name} cannot be compared: {error}")
        return
    rating, ranking = compared["rating"], compared["ranking"]
    ratings = "ratings held out at random" if _is_random(facts) else "later ratings"
    yield at_most(
        "champion_rmse",
        rating["ratio"],
        1 + params.champion_rmse_loss_max,
        f"RMSE over that of the champion {name} on {rating['pairs']:,} {ratings}",
    )
    yield _not_shown_worse(ranking, f"NDCG minus that of the champion {name}, {ranking['users']:,} users,")
    yield hold_groups(compared["groups"], params)


def _not_shown_worse(ranking: Mapping[str, Any], what: str) -> GateCheck:
    said = "upper end must not be below 0"
    return _difference("champion_ndcg", ranking["difference"], lambda _, high: high >= 0, what, said)


def _difference(
    name: str, found: Estimate, kept: Callable[[float, float], bool], what: str, limit: str
) -> GateCheck:
    """Hold the ends of an interval against zero; what has no interval is not shown to be anything."""
    value, low, high = (found[part] for part in ("value", "low", "high"))
    if value is None or low is None or high is None or not is_known(value, low, high):
        return not_computable(name, f"{what} could not be measured: too few users.", 0.0)
    sentence = f"{what} is {value:+.4f} ({low:+.4f} to {high:+.4f}), the {limit}."
    return GateCheck(name, kept(low, high), sentence, value, 0.0, low, high)


def _in_millionths(found: Estimate) -> Estimate:
    """Round: less than a millionth between two equal models comes from the order of sums."""
    return {
        name: value if value is None or not is_known(value) else round(value, 6)
        for name, value in found.items()
    }


def _data(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    new = {"value": None if facts.new_events is None else float(facts.new_events), "low": None, "high": None}
    what = "Number of ratings and watches that the champion's data does not have"
    yield at_least("new_events", new, params.new_events_min, what, 9)
    for name, found, most, what in (
        ("segments", facts.intake["damaged"], params.damaged_segments_max, "damaged segments left out"),
        ("drift", facts.intake["drift"], params.drift_findings_max, "strong changes of the stream"),
    ):
        named = f" ({', '.join(sorted(found))})" if found else ""
        yield counted(name, len(found), most, f"Number of {what}{named}")


def _artefact(facts: GateFacts, params: GateParams) -> Iterator[GateCheck]:
    probe = facts.probe
    if probe["error"]:
        yield not_computable("artefact", f"The artefact cannot be used: {probe['error']}")
        return
    if not probe["users"]:
        yield not_computable("artefact", "The artefact has no user who could be asked.")
        return
    asked = f"{probe['users']:,} users asked"
    what = f"Number of lists with a seen title, a title twice, or too few titles ({asked})"
    yield counted("wrong_lists", probe["wrong"], 0, what)
    what = f"Mean time of an answer in ms ({asked})"
    yield counted("answer_ms", probe["answer_ms"], params.answer_max_ms, what)
    yield counted("load_s", probe["load_s"], params.load_max_s, "Time to load and check the artefact in s")
    yield counted("size_mb", probe["size_mb"], params.size_max_mb, "Size of the artefact in MB")
    reason = facts.rejected.get(probe["content_hash"])
    said = "No release has rejected this artefact."
    if reason is not None:
        said = f"A release has rejected this very artefact: {reason}"
    yield GateCheck("rejected", reason is None, said)
