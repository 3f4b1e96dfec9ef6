"""Printed movie titles -> movie ids in the shape of the stream, for sources that only have numbers."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

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


def _words(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS).translate(_SIGNS))
    return "+".join(_not_allowed.sub("", folded).split())
