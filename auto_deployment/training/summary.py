"""A measurement in a few lines for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

SPLITS = {
    "global": "everything after one point in time was held out",
    "per_user": "the last events of each user were held out",
    "random": "times could not split, a random share of each user's events was held out",
}

# Of systems whose name in `metrics.json` is not how people call them.
NAMES = {"als": "factors", "items": "item-to-item", "svd": "predicted ratings"}


def describe(metrics: Mapping[str, Any]) -> str:
    """Return the lines, each with a line end."""
    data, split, model = metrics["data"], metrics["split"], metrics["model"]
    rating, ranking = metrics["rating"], metrics["ranking"]
    name = f"NDCG@{ranking['cutoff']}"
    systems, compared = ranking["systems"], ranking["ndcg_compared"]
    lines = [
        f"{model['version']}: {data['ratings']:,} ratings and {data['watches']:,} watches of "
        f"{data['users']:,} users and {data['movies']:,} movies; {_held_out(split)}",
        f"RMSE     served {_number(rating['svd']['rmse'])}, biases alone {_number(rating['bias']['rmse'])}; "
        f"difference {_number(rating['svd_minus_bias']['rmse'], '+')} on 1-5",
    ]
    native = metrics.get("rating_native")
    if native and tuple(native["scale"]) != (1, 5):
        low, high = native["scale"]
        lines.append(
            f"         served {_number(native['svd']['rmse'])}, "
            f"biases alone {_number(native['bias']['rmse'])}; "
            f"difference {_number(native['svd_minus_bias']['rmse'], '+')} on {low:g}-{high:g}, as in the data"
        )
    lines += [
        f"{name:8} "
        + ", ".join(f"{NAMES.get(one, one)} {_number(values['ndcg'])}" for one, values in systems.items()),
        f"         blend over popularity {_number(compared['blend_over_popularity'])}, "
        f"blend minus popularity {_number(compared['blend_minus_popularity'], '+')}, "
        f"blend minus factors {_number(compared['blend_minus_als'], '+')}",
    ]
    return "".join(f"{line}\n" for line in [*lines, *_not_measured(metrics)])


def _not_measured(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Yield why figures are unknown, where something was held out all the same."""
    if not metrics["split"]["test"]:
        return
    if metrics["rating"]["svd"]["rmse"]["value"] is None:
        yield "         RMSE is unknown: no rating was held out whose user and movie are in training"
    if not metrics["ranking"]["users"]:
        yield "         lists were not measured: nobody has something held out that was worth recommending"


def _held_out(split: Mapping[str, Any]) -> str:
    return SPLITS[split["kind"]] if split["test"] else "nobody has enough events, nothing was held out"


def _number(estimate: Mapping[str, float | None], sign: str = "") -> str:
    value, low, high = (estimate[part] for part in ("value", "low", "high"))
    if value is None:
        return "unknown"
    if low is None or high is None:
        return f"{value:{sign}.4f}"
    return f"{value:{sign}.4f} ({low:{sign}.4f} to {high:{sign}.4f})"
