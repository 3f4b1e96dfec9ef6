"""The scale of a table: what all of its ratings show, or a refusal that says what was seen."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from auto_deployment.ingest.importing.tables.ratings import Shown
from auto_deployment.ingest.rating_scale import Scale
from tests.ingest.importing.conftest import Importer

HEADER = "userId,movieId,rating,timestamp\n"
HALF, FIVE, TEN = (0.5, 5.0), (1.0, 5.0), (1.0, 10.0)


def counted(ratings: Sequence[float], often: int = 1) -> dict[float, int]:
    return dict.fromkeys(ratings, often)


@pytest.mark.parametrize(
    ("counts", "scale"),
    [
        (counted([1, 2, 3, 4, 5]), FIVE),
        (counted([2, 4]), FIVE),
        (counted([5]), FIVE),
        (counted([0.5, 1, 5]), HALF),
        (counted([1, 3.5, 4]), HALF),
        (counted([1, 2, 3, 4, 5], 1000) | {3.5: 100}, HALF),
        (counted([3, 4, 8]), TEN),
        (counted([1, 7.5]), TEN),
        (counted([1]), None),  # likes
        (counted([0, 3, 5]), None),  # 0 may be the lowest rating, or none at all
        (counted([0.5, 9]), None),
        (counted([1, 3.7, 5]), None),
        (counted([1, 50, 100]), None),
        (counted([1, 5], 1000) | {9: 20}, None),  # damage, or another scale
        (counted([1, 5], 1000) | {3.5: 20}, None),
    ],
)
def test_all_ratings_of_a_table_decide_its_scale(counts: dict[float, int], scale: Scale | None) -> None:
    assert Shown(counts).scale() == scale


def test_an_export_of_ours_is_on_1_5_with_any_digits() -> None:
    assert Shown(counted([1, 3.2222, 5])).scale(own_export=True) == FIVE
    assert Shown(counted([1, 3.2222, 6])).scale(own_export=True) is None


def test_an_uncertain_scale_is_refused_with_what_was_seen(
    importer: Importer, write: Callable[..., Path]
) -> None:
    path = write(HEADER + "1,1,0,1112486027\n1,2,3,1112486028\n2,3,5,1112486029\n")
    assert importer(path) == 2
    assert "3 different ratings, from 0 to 5 in steps of 1" in importer.err
    assert "--scale LOW-HIGH" in importer.err
    assert not importer.paths.root.exists()
    assert importer(path, "--scale", "0-5") == 0
    assert importer.scales() == [(0.0, 5.0)]


def test_what_is_outside_of_the_scale_that_was_said_is_rejected(
    importer: Importer, write: Callable[..., Path]
) -> None:
    rows = "".join(f"{user},1,{user % 5 + 1},1112486027\n" for user in range(1, 200))
    assert importer(write(HEADER + rows + "200,1,9,1112486027\n"), "--scale", "1-5") == 0
    assert importer.quarantined() == [(201, b"200,1,9,1112486027", "rating-range")]
    assert len(importer.rows()) == 199
