"""What measures are called, and which way is better."""

import re
from collections.abc import Iterable

AT = re.compile(r"(ndcg|recall)_at_([0-9]+)(_popularity|_als)?")
TITLES = {
    "rmse": "RMSE",
    "mae": "MAE",
    "rmse_bias": "RMSE of biases alone",
    "rmse_minus_bias": "RMSE minus biases alone",
    "hit_rate": "Hit rate",
    "coverage": "Coverage",
    "ndcg_over_popularity": "NDCG over popularity",
}
WHOSE = {"": "", "_popularity": " of popularity", "_als": " of factors alone"}
LESS_IS_BETTER = ("rmse", "mae", "rmse_minus_bias")
OF_OTHERS = ("rmse_bias", "_popularity", "_als")  # what a model is held against is no merit of its own


def title_of(name: str) -> str:
    """Return what people call a measure."""
    if found := AT.fullmatch(name):
        what, cutoff, whose = found.groups(default="")
        return f"{'NDCG' if what == 'ndcg' else 'Recall'}@{cutoff}{WHOSE[whose]}"
    return TITLES.get(name, name)


def direction_of(name: str) -> str:
    """Return which way is better, nothing for what is no merit of the model."""
    if name.endswith(OF_OTHERS) and name != "ndcg_over_popularity":
        return ""
    return "less is better" if name in LESS_IS_BETTER else "more is better"


def shown(names: Iterable[str]) -> list[str]:
    """Return the measures in the order in which they are looked at."""
    return sorted(names, key=lambda name: (not direction_of(name), "ndcg" not in name, name))
