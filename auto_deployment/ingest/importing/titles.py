"""Printed movie titles -> movie ids in the shape of the stream, for sources that only have numbers."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

_YEAR = re.compile(r"\s*\(([0-9]{4})(?:[-\u2013]\s?(?:[0-9]{4})?)?\)$")
_OTHER_TITLES = re.compile(r"(.+?)((?:\s*\([^()]*\))+)")
_ARTICLE = re.compile(
    r"(.+), (the|an?|les?|la|los|las|el|il|lo|gli|l'|der|die|das|den|det|ein|eine|une?|os?|as|het|de)",
    re.IGNORECASE,
)
# Letters that do not come apart into a base letter and an accent.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_SIGNS = str.maketrans({"&": " and ", "/": " ", "\u2013": "-", "\u2014": "-"})
_not_allowed = re.compile(r"[^a-z0-9._*~\s-]")


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
    return Title(main + rest, _words(main), int(year[1]) if year else None)


def movie_ids(titles: Mapping[str, Title]) -> dict[str, str]:
    """Return a movie id for each source id; titles that collide all get their source id as a further word."""
    words = {source_id: title.words or source_id for source_id, title in titles.items()}
    while True:
        ids = {source_id: f"{words[source_id]}+{title.year or ''}" for source_id, title in titles.items()}
        uses = Counter(ids.values())
        shared = [source_id for source_id, movie_id in ids.items() if uses[movie_id] > 1]
        if not shared:
            return ids
        for source_id in shared:
            words[source_id] += f"+{source_id}"


def _words(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS).translate(_SIGNS))
    return "+".join(_not_allowed.sub("", folded).split())
