"""What a terminal is told of a measurement."""

from datetime import UTC, datetime

from auto_deployment.host.revision import Revision
from auto_deployment.training.summary import describe
from auto_deployment.training.workflow import train_model
from tests.support.training import small_params, taste_rows, training_data

NOT_MEASURED = "lists were not measured: nobody has something held out that was worth recommending\n"
NO_RMSE = "RMSE is unknown: no rating was held out whose user and movie are in training\n"


def test_unknown_figures_come_with_their_reason_and_others_without() -> None:
    now, revision = datetime(2026, 2, 1, tzinfo=UTC), Revision("abc", False)
    disliked = [(user, movie, 1.0, time) for user, movie, _, time in taste_rows()]
    metrics = train_model(training_data(disliked), small_params(), now, revision).metrics
    text = describe(metrics)
    assert text.endswith(NOT_MEASURED)
    assert "unknown" in text
    assert NO_RMSE not in text
    unknown = {"rmse": {"value": None, "low": None, "high": None}}
    rating = {**metrics["rating"], "svd": unknown}
    assert NO_RMSE in describe({**metrics, "rating": rating, "rating_native": None})
