"""What a report says of the weights that a model chose."""

from typing import Any

from auto_deployment.report.choice import choice_sentences, tried_table
from auto_deployment.training.train.choose.choice import NEVER

CANDIDATES = [
    {"item_weight": 0.0, "half_life": None, "ndcg": 0.12},
    {"item_weight": 0.75, "half_life": None, "ndcg": 0.13},
    {"item_weight": 0.75, "half_life": 30.0, "ndcg": 0.14},
]


def choice(**changes: Any) -> dict[str, Any]:
    weights = {"1": 2.0, "2": 0.25, "3": 0.0}
    tried = {"users": 1234, "candidates": CANDIDATES}
    made = {"item_weight": 0.75, "half_life": 30.0, "popular_weights": weights, "min_events": 1}
    return {**made, "tried": tried, **changes}


def test_it_says_what_a_list_is_made_of_and_by_whom_that_was_chosen() -> None:
    parts, popularity, how = choice_sentences(choice())
    assert "25% are factors and 75% item-to-item weights" in parts
    assert "halved by every 30 later events" in parts
    assert popularity.endswith("by number of events: 2 from 1 on, 0.25 from 2 on, none from 3 events on.")
    assert "1,234 lists" in how


def test_who_gets_popularity_alone_is_said() -> None:
    _, popularity, _ = choice_sentences(choice(min_events=3, popular_weights={"1": 2.0, "3": 0.0}))
    assert popularity.startswith("Users with fewer than 3 events get popularity alone.")
    _, popularity, _ = choice_sentences(choice(popular_weights={"1": 0.0, "3": 0.0}))
    assert popularity == "No popularity is mixed into the lists of others."


def test_from_when_on_new_users_have_lists_of_their_own_is_said() -> None:
    own = choice(own_list_events=2, own_popular_weights={"1": 2.0, "5": 0.5, "10": 0.0})
    assert choice_sentences(own)[2] == (
        "Users whom the model does not know have lists of their own from 2 events on, "
        "with popularity beside 1: 2 from 1 on, 0.5 from 5 on, none from 10 events on."
    )
    of_before = choice_sentences(choice(own_list_events=3))
    assert of_before[2].endswith("lists of their own from 3 events on.")
    assert "have popular movies" in choice_sentences(choice(own_list_events=NEVER))[2]


def test_the_table_has_a_row_a_share_and_marks_what_was_taken() -> None:
    table = tried_table(choice())
    assert table.columns == ["not", "by half every 30 events"]
    assert table.rows == [("0%", [0.12, None]), ("75%", [0.13, 0.14])]
    assert table.chosen == (1, 1)


def test_where_nobody_could_choose_it_says_so() -> None:
    nothing = choice(item_weight=0.5, half_life=None, tried={"users": 4})
    assert choice_sentences(nothing)[-1].startswith("Not chosen: only 4 users")
    assert tried_table(nothing) == ([], [], None)
