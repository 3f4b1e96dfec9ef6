"""Reports as pages that need nothing but themselves. Pure: numbers in, HTML out."""

from collections.abc import Mapping
from typing import Any

from auto_deployment.report.choice import choice_sentences, tried_table
from auto_deployment.report.model_sentences import (
    NAMES,
    activity_sentence,
    moment,
    number,
    ranking_sentences,
    rating_sentences,
    recent_sentences,
    split_sentence,
)
from auto_deployment.report.pages import pages
from auto_deployment.report.plots import estimate_plot, pair_plot

RATING_NAMES = {"svd": "as served", "bias": "biases alone", "constant": "always the mean"}
GROUP_TITLES = {"gender": "Gender", "age": "Age", "activity": "Activity (events in training)"}
FEW_USERS = 30


def render_model_report(metrics: Mapping[str, Any]) -> str:
    """Render `metrics.json` of a model as one page."""
    environment = pages()
    environment.filters |= {"estimate": number, "moment": moment}
    choice = metrics["model"].get("choice")  # models of before chose nothing
    return environment.get_template("model_report.html").render(
        m=metrics,
        choice_sentences=choice_sentences(choice) if choice else [],
        tried=tried_table(choice) if choice else None,
        names=NAMES,
        rating_names=RATING_NAMES,
        split=split_sentence(metrics["split"], metrics["model"]["watermark"]),
        ranking_sentences=[
            *ranking_sentences(metrics["ranking"]),
            *recent_sentences(metrics.get("recent")),  # models of before were not measured with them
        ],
        rating_sentences=rating_sentences(metrics["rating"], metrics.get("rating_native")),
        ndcg_plot=_ndcg_plot(metrics["ranking"]),
        rmse_plot=_rmse_plot(metrics["rating"]),
        group_plots=[
            (GROUP_TITLES[kind], _group_plot(groups, metrics["ranking"]["cutoff"]))
            for kind, groups in metrics["groups"].items()
            if groups
        ],
        small_groups=_small_groups(metrics["groups"]),
        served_worse=activity_sentence(metrics["groups"], metrics["ranking"]["cutoff"]),
        few_users=FEW_USERS,
    )


def _ndcg_plot(ranking: Mapping[str, Any]) -> str:
    rows = [(NAMES[name], values["ndcg"]) for name, values in ranking["systems"].items()]
    return estimate_plot(rows, f"NDCG@{ranking['cutoff']} (more is better)", NAMES["blend"])


def _rmse_plot(rating: Mapping[str, Any]) -> str:
    rows = [(name, rating[key]["rmse"]) for key, name in RATING_NAMES.items()]
    return estimate_plot(rows, "RMSE on 1-5 (less is better)", RATING_NAMES["svd"])


def _group_plot(groups: Mapping[str, Any], cutoff: int) -> str:
    ranking = [group["ranking"]["systems"] for group in groups.values()]
    rating = [group["rating"] for group in groups.values()]
    names = [f"{name}  ({group['ranking']['users']:,})" for name, group in groups.items()]
    return pair_plot(
        names,
        [
            (
                f"NDCG@{cutoff} (more is better)",
                [systems["blend"]["ndcg"] for systems in ranking],
                [systems["popularity"]["ndcg"] for systems in ranking],
                ("blend", "popularity"),
            ),
            (
                "RMSE on 1-5 (less is better)",
                [measured["svd"]["rmse"] for measured in rating],
                [measured["bias"]["rmse"] for measured in rating],
                ("as served", "biases alone"),
            ),
        ],
    )


def _small_groups(groups: Mapping[str, Any]) -> list[str]:
    """Return the groups with too few users to say much about."""
    return [
        f"{name} ({group['ranking']['users']})"
        for named in groups.values()
        for name, group in named.items()
        if group["ranking"]["users"] < FEW_USERS
    ]
