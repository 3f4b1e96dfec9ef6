"""A movie as it is searched for."""

from dataclasses import dataclass

from search.text import words_of


@dataclass(frozen=True, slots=True)
class Movie:
    id: str
    title: str
    year: int | None = None
    genres: tuple[str, ...] = ()
    text: str = ""  # whatever else the catalogue says of it

    @property
    def embedded(self) -> str:
        """Return what the embedding reads: words as those of a question, which has no capitals either."""
        year = "" if self.year is None else str(self.year)
        return " ".join(words_of(" ".join((self.title, year, *self.genres, self.text))))
