"""What a trained model says of its lists: what titles add by factors adds up to the score."""

import numpy as np
import pytest

from app.artifact import Model
from app.scoring.equations import UserEquations
from app.scoring.factor_part import FactorPart
from app.scoring.item_part import ItemPart
from auto_deployment.training.train import fit as fitting
from auto_deployment.training.train.choose.choice import Choice
from auto_deployment.training.train.engines import local
from auto_deployment.training.train.trainset import make_trainset
from tests.support.training import movies_frame, small_params, taste_rows, training_data


@pytest.mark.parametrize(("item_weight", "half_life"), [(0.0, None), (0.5, 10.0)])
def test_what_titles_add_by_factors_adds_up_to_what_training_fitted(
    monkeypatch: pytest.MonkeyPatch, item_weight: float, half_life: float | None
) -> None:
    choice = Choice(item_weight, half_life, (0.5,) * 7, 2)
    monkeypatch.setattr(local, "choose", lambda *_: (choice, {}))
    trainset = make_trainset(training_data(taste_rows()).interactions)
    fitted = fitting.fit(trainset, movies_frame(trainset.movie_ids), small_params(), "per_user")
    manifest = {"version": "1", "scalars": fitted.scalars, "choice": fitted.choice}
    model = Model(manifest, fitted.arrays, fitted.movies)
    equations = UserEquations.of(fitted.scalars, model.arrays)
    part = FactorPart(model.manifest, model.arrays, ItemPart(model.arrays), equations)
    rows = list(range(len(fitted.movies.ids)))
    told = 0
    for user in range(len(trainset.user_ids)):
        amounts = part.amounts(user, rows)
        if amounts is None:
            assert not part.scores(user, rows).any()
            continue
        scores = part.scores(user, rows)
        np.testing.assert_allclose(amounts.sum(axis=1), scores, atol=1e-3 * np.abs(scores).max())
        told += 1
    assert told > 50
