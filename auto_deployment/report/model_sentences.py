"""Sentences that explain measured values."""

from collections.abc import Mapping
from typing import Any

Estimate = Mapping[str, float | None]

NAMES = {
    "blend": "blend (served)",
    "als": "factors alone",
    "items": "item-to-item alone",
    "svd": "predicted ratings alone",
    "popularity": "popularity (served to new users)",
    "count": "popularity by plain count",
    "random": "random",
}

NOTHING_HELD_OUT = (
    "Nothing was held out, and so nothing was measured: nobody has so many events that one could be spared."
)


def number(estimate: Estimate, digits: int = 3, sign: str = "") -> str:
    """Return the value with its interval, or that nothing is known."""
    value, low, high = (estimate[part] for part in ("value", "low", "high"))
    if value is None:
        return "unknown"
    text = f"{value:{sign}.{digits}f}"
    return (
        text if low is None or high is None else f"{text} ({low:{sign}.{digits}f} to {high:{sign}.{digits}f})"
    )


def side_of(estimate: Estimate, point: float) -> str:
    """Tell whether the whole interval lies `above` or `below` a point; `open` when it does not or is none."""
    low, high = estimate["low"], estimate["high"]
    if low is not None and low > point:
        return "above"
    if high is not None and high < point:
        return "below"
    return "open"


def split_sentence(split: Mapping[str, Any], watermark: str) -> str:
    """Say what was held out and why that way."""
    if not split["test"]:
        return NOTHING_HELD_OUT
    if split["kind"] == "random":
        return random_split_sentence(split)
    both = split["users_on_both_sides_of_one_cut"]
    if split["kind"] == "global":
        return (
            f"Everything before {moment(watermark)} was learnt from, everything after it was held out: one "
            f"cut for all, with {both:,} users on both sides of it. This is how the service meets the future."
        )
    return (
        f"The last events of each user were held out, the earlier ones learnt from. One cut in time for all "
        f"would have left {both:,} users on both sides of it, too few to measure on. The model therefore "
        f"knows other users' later events, which a model in service does not: expect somewhat less there."
    )


def random_split_sentence(split: Mapping[str, Any]) -> str:
    """Say that times could not split, and what was measured instead."""
    why = "all events have the same time"
    if split["times"] > 1:
        why = "nearly every user's events all have the same time"
    return (
        f"No later events could be held out, since {why}: a share of each user's events was drawn at random "
        f"instead (seed {split['seed']}). The figures say how well gaps between known events are filled, not "
        "how well the future is met: expect less in service."
    )


def ranking_sentences(ranking: Mapping[str, Any]) -> list[str]:
    """Say what the comparison of lists came to."""
    compared, k = ranking["ndcg_compared"], ranking["cutoff"]
    if not ranking["users"]:
        return [
            "No user has anything held out that would have been worth recommending: lists were not measured."
        ]
    stronger = _stronger_popularity(ranking)
    factor = compared[f"blend_over_{stronger}"]
    meaning = {
        "above": "Personal lists are better than the same list for everybody.",
        "below": "Personal lists are worse than the same list for everybody: do not publish this model.",
        "open": "The interval holds 1: it cannot be told whether personal lists are any better.",
    }[side_of(factor, 1)]
    against_als = {
        "above": "mixing in the other parts helps",
        "below": "the other parts hurt here, not where they were chosen",
        "open": "a difference within chance",
    }[side_of(compared["blend_minus_als"], 0)]
    hit_rate = ranking["systems"]["blend"]["hit_rate"]["value"]
    return [
        f"NDCG@{k} of what is served is {number(factor, 2)} times that of "
        f"{NAMES[stronger].split(' (')[0]}. {meaning}",
        f"Against factors alone the blend has {number(compared['blend_minus_als'], 4, '+')}: {against_als}.",
        f"{hit_rate:.0%} of the users find at least one movie among their {k} that they went on to like.",
    ]


def activity_sentence(groups: Mapping[str, Any], cutoff: int) -> str | None:
    """Say which users, by their number of training events, are served worse than by popularity; None if none.

    Worse is a difference whose whole interval lies below zero. Takes `groups` of `metrics.json`.
    """
    differences = {
        name: group["ranking"]["ndcg_compared"]["blend_minus_popularity"]
        for name, group in groups.get("activity", {}).items()
    }
    worse = [
        f"{name} {number(one, 4, '+')}"
        for name, one in differences.items()
        # Of a single user every draw is the same: that is no interval.
        if side_of(one, 0) == "below" and one["low"] != one["high"]
    ]
    if not worse:
        return None
    return (
        f"Users with so many events in training are served worse than by popularity (NDCG@{cutoff}): "
        f"{', '.join(worse)}."
    )


def rating_sentences(rating: Mapping[str, Any], native: Mapping[str, Any] | None) -> list[str]:
    """Say what the comparison of predicted ratings came to."""
    if not rating["pairs"]:
        return ["No held-out rating has a known user and movie: predicted ratings were not measured."]
    meaning = {
        "below": "It has learnt tastes, not only who is strict and which movies are good.",
        "above": "It is worse than biases alone: it has learnt noise.",
        "open": "It cannot be told from biases alone, so it knows little about tastes.",
    }[side_of(rating["svd_minus_bias"]["rmse"], 0)]
    sentences = [
        f"What is served misses a rating by {number(rating['svd']['rmse'])} (RMSE, on 1-5), biases alone by "
        f"{number(rating['bias']['rmse'])}; difference {number(rating['svd_minus_bias']['rmse'], 4, '+')}. "
        f"{meaning}",
        f"Always guessing the mean misses by {number(rating['constant']['rmse'])}. "
        f"{rating['not_covered_share']:.1%} of the held-out ratings are of users or movies that training "
        f"does not know, and count nowhere.",
    ]
    if native and native["scale"] != [1.0, 5.0]:
        low, high = native["scale"]
        sentences.append(
            f"On the data's own scale, {low:g}-{high:g}: as served {number(native['svd']['rmse'])}, "
            f"biases alone {number(native['bias']['rmse'])}, "
            f"difference {number(native['svd_minus_bias']['rmse'], 4, '+')}."
        )
    return sentences


def moment(text: str | None) -> str:
    """Return an ISO time as a person writes it, to the minute."""
    return f"{text[:10]} {text[11:16]} UTC" if text else "unknown"


def _stronger_popularity(ranking: Mapping[str, Any]) -> str:
    """Return which kind of popularity is harder to beat."""
    systems = ranking["systems"]
    return max(("popularity", "count"), key=lambda name: float(systems[name]["ndcg"]["value"] or 0))


def recent_sentences(recent: Mapping[str, Any] | None) -> list[str]:
    """Say what recent events are worth; nothing of a measurement of before they were looked at."""
    if recent is None:
        return []
    if "skipped" in recent:
        return [f"Lists with recent events were not measured: {recent['skipped']}"]
    known, said = recent["known"], []
    if "recent" in known:
        said.append(
            f"With recent events, NDCG@{recent['cutoff']} of {known['users']:,} known users is "
            f"{number(known['recent_over_stale'], 2)} times that without."
        )
    worse = [
        str(one["events"])
        for one in recent["new"]
        if "served" in one and side_of(one["served_minus_popularity"], 0) == "below"
    ]
    if worse:
        said.append(f"New users are served worse than by popularity after {', '.join(worse)} events.")
    return said
