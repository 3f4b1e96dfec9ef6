"""The content of `metrics.json`, and the few numbers that a manifest carries."""

from collections.abc import Mapping
from typing import Any

METRICS_SCHEMA = 1
MODEL_FIELDS = (
    "version",
    "created_at",
    "kind",
    "watermark",
    "content_hash",
    "code_revision",
    "code_is_dirty",
    "parameters",
    "choice",
)


def assemble_metrics(details: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Any]:
    """Put a measurement beside what it is about; RMSE and MAE also on the data's own scale, if it has one."""
    data = details["data"]
    metrics = {
        "schema": METRICS_SCHEMA,
        "model": {name: details.get(name) for name in MODEL_FIELDS},
        "split": details["split"],
        "data": data,
        **measured,
    }
    scales = data["rating_scales"]
    if len(scales) == 1:
        low, high = scales[0]
        metrics["rating_native"] = {"scale": [low, high]} | _stretched(measured["rating"], (high - low) / 4)
    return metrics


def summarize(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the numbers that a model is known by: plain values on the 1-5 scale, None where unknown."""
    rating, ranking = metrics["rating"], metrics["ranking"]
    k = ranking["cutoff"]
    blend = ranking["systems"]["blend"]
    chosen = {
        "rmse": rating["svd"]["rmse"],
        "mae": rating["svd"]["mae"],
        "rmse_bias": rating["bias"]["rmse"],
        "rmse_minus_bias": rating["svd_minus_bias"]["rmse"],
        f"ndcg_at_{k}": blend["ndcg"],
        f"recall_at_{k}": blend["recall"],
        "hit_rate": blend["hit_rate"],
        "coverage": blend["coverage"],
        f"ndcg_at_{k}_popularity": ranking["systems"]["popularity"]["ndcg"],
        f"ndcg_at_{k}_als": ranking["systems"]["als"]["ndcg"],
        "ndcg_over_popularity": ranking["ndcg_compared"]["blend_over_popularity"],
    }
    return {name: estimate["value"] for name, estimate in chosen.items()}


def _stretched(rating: Mapping[str, Any], factor: float) -> dict[str, Any]:
    return {
        model: {
            metric: {name: None if value is None else value * factor for name, value in estimate.items()}
            for metric, estimate in measured.items()
        }
        for model, measured in rating.items()
        if isinstance(measured, Mapping)
    }
