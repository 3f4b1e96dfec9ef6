"""What a caller asks for, checked: what can never be right is told at once, not by the service."""

from collections.abc import Iterable
from dataclasses import dataclass

DEFAULT_N = 20
MAX_N = 100
MAX_EXCLUDED = 200
MAX_USER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wish:
    """A user, how long the list shall be, and what shall not, or only, stand in it."""

    user: int
    n: int = DEFAULT_N
    exclude: tuple[str, ...] = ()
    genre: str | None = None

    @classmethod
    def checked(cls, user: int, n: int, exclude: Iterable[str], genre: str | None) -> "Wish":
        """Return the wish; raise `ValueError` with a sentence that says what is allowed."""
        if not _is_whole(user, 0, MAX_USER):
            raise ValueError(f"user is a whole number from 0 to {MAX_USER}, not {user!r}.")
        if not _is_whole(n, 1, MAX_N):
            raise ValueError(f"n is a whole number from 1 to {MAX_N}, not {n!r}.")
        if genre is not None and not is_text(genre):
            raise ValueError(f"genre is the name of one, or None for any, not {genre!r}.")
        return cls(user, n, _movies(exclude) if exclude else (), genre)


def is_text(value: object) -> bool:
    """Tell whether it is a text, and not an empty one."""
    return isinstance(value, str) and value != ""


def _is_whole(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _movies(exclude: Iterable[str]) -> tuple[str, ...]:
    if isinstance(exclude, str):
        raise ValueError(f"exclude is a list of movie ids, not one text: write [{exclude[:40]!r}].")
    movies = tuple(exclude)
    if len(movies) > MAX_EXCLUDED:
        raise ValueError(f"exclude takes up to {MAX_EXCLUDED} movie ids, not {len(movies)}.")
    for movie in movies:
        if not is_text(movie) or "," in movie:
            raise ValueError(f"A movie id in exclude is a text without a comma, not {movie!r}.")
    return movies
