"""Questions made of a catalogue by a rule, with what has to be found: to choose by, and to measure with."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from search.movies import Movie
from search.ngrams import code_of
from search.text import words_of

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ATTEMPTS = 50  # movies looked at for each question; a catalogue may have none that fits


@dataclass(frozen=True, slots=True)
class Made:
    """A question, and what a movie has to be like to answer it; `None` and empty: anything."""

    text: str
    title: tuple[str, ...] | None = None
    word: str = ""
    year: int | None = None
    genres: frozenset[str] = frozenset()

    def meant(self, movie: Movie) -> bool:
        return (
            (self.title is None or self.title == _words(movie.title))
            and (not self.word or self.word in _words(movie.title))
            and (self.year is None or self.year == movie.year)
            and self.genres <= set(movie.genres)
        )


@lru_cache(maxsize=200_000)
def _words(title: str) -> tuple[str, ...]:
    return tuple(words_of(title))


Rule = Callable[[Movie, list[str], random.Random], Made | None]


def _title(movie: Movie, words: list[str], _: random.Random) -> Made | None:
    return Made(movie.title, tuple(words)) if words else None


def _title_and_year(movie: Movie, words: list[str], _: random.Random) -> Made | None:
    return (
        Made(f"{movie.title} {movie.year}", tuple(words), year=movie.year) if words and movie.year else None
    )


def _one_slip(_: Movie, words: list[str], draw: random.Random) -> Made | None:
    """A letter left out, doubled by another, exchanged for another, or two in the other order."""
    text = " ".join(words)
    places = [place for place, letter in enumerate(text) if letter != " "]
    if len(places) < 5:
        return None
    place, letter = draw.choice(places), draw.choice(LETTERS)
    slipped = draw.choice(
        [
            text[:place] + text[place + 1 :],
            text[:place] + letter + text[place:],
            text[:place] + letter + text[place + 1 :],
            text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
        ]
    )
    return Made(slipped, tuple(words)) if slipped.split() != words else None


def _word_missing(_: Movie, words: list[str], draw: random.Random) -> Made | None:
    if len(words) < 3:
        return None
    place = draw.randrange(len(words))
    return Made(" ".join(words[:place] + words[place + 1 :]), tuple(words))


def _other_order(_: Movie, words: list[str], draw: random.Random) -> Made | None:
    shuffled = draw.sample(words, len(words))
    return Made(" ".join(shuffled), tuple(words)) if shuffled != words else None


def _genres(movie: Movie, _: list[str], draw: random.Random) -> Made | None:
    genres = draw.sample(movie.genres, len(movie.genres))
    return Made(" ".join(genres).lower(), genres=frozenset(genres)) if genres else None


def _year_and_genre(movie: Movie, _: list[str], draw: random.Random) -> Made | None:
    if not movie.genres or not movie.year:
        return None
    genre = draw.choice(movie.genres)
    return Made(f"{movie.year} {genre}".lower(), year=movie.year, genres=frozenset([genre]))


def _word_and_genre(movie: Movie, words: list[str], draw: random.Random) -> Made | None:
    long = [word for word in words if len(word) >= 4]
    if not long or not movie.genres:
        return None
    word, genre = draw.choice(long), draw.choice(movie.genres)
    return Made(f"{word} {genre}".lower(), word=word, genres=frozenset([genre]))


RULES: dict[str, Rule] = {
    "title": _title,
    "title and year": _title_and_year,
    "one slip in the title": _one_slip,
    "a word missing": _word_missing,
    "words in another order": _other_order,
    "genres": _genres,
    "year and genre": _year_and_genre,
    "a word and a genre": _word_and_genre,
}


def halves(movies: Sequence[Movie]) -> tuple[list[Movie], list[Movie]]:
    """Return the movies to choose by and those to measure with; one movie has to do for both."""
    first = [movie for movie in movies if code_of(movie.id) % 2 == 0]
    second = [movie for movie in movies if code_of(movie.id) % 2]
    return first or second, second or first


def make_questions(movies: Sequence[Movie], seed: int, each: int) -> dict[str, list[Made]]:
    """Return up to `each` questions of every kind about these movies; the same for the same seed."""
    made: dict[str, list[Made]] = {}
    for kind, rule in RULES.items():
        draw, found = random.Random(f"{seed} {kind}"), list[Made]()
        for _ in range(ATTEMPTS * each):
            movie = draw.choice(movies)
            if question := rule(movie, words_of(movie.title), draw):
                found.append(question)
            if len(found) == each:
                break
        made[kind] = found
    return made


def reciprocal_rank(question: Made, listed: Sequence[Movie]) -> float:
    """Return 1 divided by the place of the first movie that is meant; 0 where none is."""
    return next((1 / place for place, movie in enumerate(listed, 1) if question.meant(movie)), 0.0)
