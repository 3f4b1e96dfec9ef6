"""Printed movie titles -> movie ids in the shape of the stream, for sources that only have numbers."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from auto_deployment.dataset.events.movie_ids import words_of_title

_YEAR = re.compile(r"\s*\(([0-9]{4})(?:[-\u2013]\s?(?:[0-9]{4})?)?\)$")
_is_year = re.compile(r"[0-9]{4}").fullmatch
_OTHER_TITLES = re.compile(r"(.+?)((?:\s*\([^()]*\))+)")
_ARTICLE = re.compile(
    r"(.+), (the|an?|les?|la|los|las|el|il|lo|gli|l'|der|die|das|den|det|ein|eine|une?|os?|as|het|de)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Title:
    """A title as people say it ("The Matrix"), the words of its id, and its year where the source has one."""

    name: str
    words: str
    year: int | None


def read_title(printed: str) -> Title:
    """Take "Matrix, The (1999)" apart; further titles in brackets stay in the name and out of the words."""
    text = " ".join(printed.split())
    year = _YEAR.search(text)
    text = text[: year.start()] if year else text
    others = _OTHER_TITLES.fullmatch(text)
    main, rest = (others[1], others[2]) if others else (text, "")
    article = _ARTICLE.fullmatch(main)
    if article:
        glue = "" if article[2].endswith("'") else " "
        main = article[2] + glue + article[1]
    return Title(main + rest, words_of_title(main), int(year[1]) if year else None)


def with_year(title: str, year: str) -> str:
    """Return a title as MovieLens prints it, of a source that has the year in a column of its own."""
    return f"{title} ({year})" if _is_year(year) and not _YEAR.search(title) else title


def movie_ids(titles: Mapping[str, Title], given: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return a movie id for each source id, those that were `given` before as they are.

    Of new titles that collide all get their source id as a further word; beside a given id only the new one.
    """
    words = {one: title.words or one for one, title in titles.items() if one not in given}
    taken = set(given.values())
    while True:
        ids = {one: f"{text}+{titles[one].year or ''}" for one, text in words.items()}
        uses = Counter(ids.values())
        shared = [one for one, movie_id in ids.items() if uses[movie_id] > 1 or movie_id in taken]
        if not shared:
            return {one: given[one] if one in given else ids[one] for one in titles}
        for one in shared:
            words[one] += f"+{one}"
