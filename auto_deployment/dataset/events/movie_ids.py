"""The form of movie ids: words joined by `+`, as the catalogue has them, percent-encoded in a line or not."""

import re
import unicodedata
from urllib.parse import quote, unquote

PLAIN = r"[a-z0-9+._*'~-]+"
MAX_LENGTH = 500
# Letters that do not come apart into a base letter and an accent.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_SIGNS = str.maketrans({"&": " and ", "/": " ", "\u2013": "-", "\u2014": "-"})
_not_in_titles = re.compile(r"[^a-z0-9._*~\s-]")
_UNQUOTED = "+._*'~-"

is_plain = re.compile(PLAIN).fullmatch
# What one stray character can leave of an id: anything printable on one line, but no comma.
is_damaged = re.compile(rf"[^,\x00-\x1f\x7f]{{1,{MAX_LENGTH}}}").fullmatch
_is_plain_or_foreign = re.compile(r"[a-z0-9+._*'~\x80-\U0010ffff-]+").fullmatch
_is_encoded = re.compile(r"(?:[a-z0-9+._*'~\x80-\U0010ffff-]|%[0-9A-Fa-f]{2})+").fullmatch
_is_listed = re.compile(r"[a-z0-9+._*'~\x80-\U0010ffff!#$%&():;=?@/-]+").fullmatch


def read_movie_id(text: str) -> str | None:
    """Return the id that a line means, `None` where it is damaged.

    Accents and signs may stand there percent-encoded, accents as themselves, too; a bare sign or an
    upper-case letter is what damage looks like. An id holds no comma: lists are joined by it.
    """
    if is_plain(text):
        return text
    if "%" not in text:
        return _normal(text) if _is_plain_or_foreign(text) else None
    if not _is_encoded(text):
        return None
    try:
        unquoted = unquote(text, errors="strict")
    except UnicodeDecodeError:
        return None
    return _normal("+".join(unquoted.replace(",", "").split()))


def read_listed_id(text: str) -> str | None:
    """Return the id that stands in a list: servers write ids as we give them out, bare signs included."""
    movie_id = read_movie_id(text)
    if movie_id is not None or not _is_listed(text):
        return movie_id
    return _normal(text)


def write_movie_id(movie_id: str) -> str:
    """Write an id into a line, percent-encoded where it is not plain; `read_movie_id` gives it back."""
    return movie_id if is_plain(movie_id) else quote(movie_id, safe=_UNQUOTED)


def words_of_title(title: str) -> str:
    """Return the words of the id that an import makes of a title: without accents and signs."""
    folded = unicodedata.normalize("NFKD", title.casefold().translate(_LETTERS).translate(_SIGNS))
    return "+".join(_not_in_titles.sub("", folded).split())


def as_of_title(movie_id: str) -> str:
    """Return an id as an import would have made it of its title: `lumière+2000` is `lumiere+2000` there."""
    return words_of_title(movie_id.replace("+", " "))


def _normal(text: str) -> str | None:
    """Return one form for letters that can be written in two, `None` for what no title in an id holds."""
    movie_id = unicodedata.normalize("NFC", text)
    is_id = 0 < len(movie_id) <= MAX_LENGTH and movie_id.isprintable() and movie_id == movie_id.lower()
    return movie_id if is_id and " " not in movie_id else None
