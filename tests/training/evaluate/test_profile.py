"""What a model was made of, in numbers for a mail."""

from auto_deployment.training.evaluate.profile import profile_of
from tests.support.training import SHIPPED, training_data

RATINGS = [(1, "a+2000", 5.0, 0), (1, "b+2000", 3.0, 1440), (2, "a+2000", 4.0, 10), (7, "a+2000", 4.0, 20)]
WATCHES = [(1, "a+2000", 30, 30), (2, "b+2000", 5, 1500)]


def test_events_are_counted_by_kind_day_and_group() -> None:
    data = training_data(RATINGS, WATCHES, SHIPPED)
    found = profile_of(data.interactions, data.users, {"rating": 4, "watch": 35})
    assert found["lines"] == {"rating": 4, "watch": 35}
    assert found["kinds"] == {"rating": 4, "watch": 2}
    assert found["days"] == [
        ["2026-01-01", {"rating": 3, "watch": 1}],
        ["2026-01-02", {"rating": 1, "watch": 1}],
    ]
    # User 1 is M, 2 is F, 7 is not known; 1 and 2 have two (user, movie) pairs each.
    assert found["groups"]["gender"] == {"M": 2, "F": 2, "unknown": 1}
    assert found["groups"]["age"] == {"under 18": 4, "unknown": 1}
    assert sum(found["groups"]["activity"].values()) == 5
    assert (found["users"], found["movies"]) == (3, 2)


def test_no_events_are_a_profile_too() -> None:
    data = training_data()
    found = profile_of(data.interactions, data.users, {})
    assert (found["days"], found["users"]) == ([], 0)
