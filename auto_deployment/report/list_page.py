"""The page on which a person decides whether a candidate's lists may replace the champion's. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auto_deployment.report.pages import pages

NAMES = {
    "list_overlap": "Titles that stay",
    "list_rbo": "Agreement by rank",
    "list_popularity": "Popularity",
    "list_genres": "Genres",
    "list_coverage": "Different titles",
}
SOURCES = {"personal": "a personal list", "popular": "the most popular titles"}


@dataclass(frozen=True, slots=True)
class PageCheck:
    """A figure with its limit, in words."""

    name: str
    sentence: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Title:
    """A title on a list; `mark` says what became of it: gone, new, was 5, or nothing."""

    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class Place:
    """One place of both lists, None where a list has ended."""

    before: Title | None
    now: Title | None


@dataclass(frozen=True, slots=True)
class PageUser:
    """Both lists of a user, of whom nothing else is said; sources are those of the service's answer."""

    common: int
    length: int
    rbo: float
    source_before: str
    source_now: str
    places: Sequence[Place]


def render_list_page(
    sentence: str,
    champion: str,
    needs_review: bool,
    checks: Sequence[PageCheck],
    figures: Mapping[str, Any] | None,
    users: Sequence[PageUser],
) -> str:
    """Render the list-diff as a page that needs nothing but itself; the same figures give the same bytes."""
    return (
        pages()
        .get_template("list_diff.html")
        .render(
            sentence=sentence,
            champion=champion,
            needs_review=needs_review,
            checks=checks,
            found=figures,
            users=users,
            names=NAMES,
            sources=SOURCES,
        )
    )
