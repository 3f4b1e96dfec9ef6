"""All that has to be known to read rows of a table, and their rejected ones again: kept beside these."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from auto_deployment.ingest.importing.tables.dialect import Dialect
from auto_deployment.ingest.importing.tables.movies import Movies
from auto_deployment.ingest.importing.tables.ratings import RatingReader
from auto_deployment.ingest.importing.tables.shape import Shape
from auto_deployment.ingest.importing.tables.table import TableReader
from auto_deployment.ingest.importing.tables.users import Users
from auto_deployment.ingest.rating_scale import Scale


@dataclass(frozen=True, slots=True)
class TableForm:
    """A shape, and where movie ids come from.

    From the numbers of a `catalogue`, from a `prefix` before the number; else the table has ids itself.
    """

    shape: Shape
    catalogue: str | None = None
    prefix: str | None = None

    def reader(self, movies: Movies, users: Users, scale: Scale | None) -> TableReader:
        """Return what reads rows; ratings outside of a scale are rejected."""
        decimal_comma, zeros_are_none = self.shape.dialect.decimal_comma, self.shape.zeros_are_none
        ratings = RatingReader(scale, decimal_comma=decimal_comma, zeros_are_none=zeros_are_none)
        return TableReader(self.shape, movies, users, ratings)

    def as_facts(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "TableForm":
        """Read back `as_facts`, after it was JSON."""
        shape = {**facts["shape"], "dialect": Dialect(**facts["shape"]["dialect"])}
        return cls(Shape(**shape), facts["catalogue"], facts["prefix"])
