"""Titles and durations as people read them."""

import pytest

from app.pages.movies import split_title
from app.pages.origin import spoken


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Matrix, The (1999)", ("The Matrix", "1999")),
        ("Heat (1995)", ("Heat", "1995")),
        ("Heat", ("Heat", None)),
        ("(1999)", ("(1999)", None)),
        ("", ("", None)),
    ],
)
def test_a_title_is_shown_as_it_is_spoken(title: str, shown: tuple[str, str | None]) -> None:
    assert split_title(title) == shown


def test_a_duration_has_one_unit() -> None:
    assert [spoken(one) for one in (-5, 0, 1, 90, 7200, 200_000)] == [
        "0 seconds", "0 seconds", "1 second", "1 minute", "2 hours", "2 days",
    ]  # fmt: skip
