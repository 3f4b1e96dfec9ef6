"""Which movies and users are known: small tables that grow by merging, and the repair of a damaged id."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.dataset.schema import NEVER_PUBLISHED
from auto_deployment.errors import MarqueeError
from auto_deployment.host.files import StagedFile


class CatalogError(MarqueeError):
    """A catalogue file is damaged. The message names it."""


@dataclass(frozen=True, slots=True)
class CatalogueTable:
    """One table of the catalogue; its first `key_columns` say which row it is."""

    file_name: str
    schema: pa.Schema
    types: dict[str, str]
    key_columns: int = 1

    def empty(self) -> pd.DataFrame:
        return self.typed(self.schema.empty_table().to_pandas())

    def read(self, directory: Path) -> pd.DataFrame:
        """Read what is there, in the columns of `schema`; empty without a catalogue."""
        path = directory / self.file_name
        try:
            with path.open("rb") as file:
                return self.typed(pq.read_table(file).select(self.schema.names).cast(self.schema).to_pandas())
        except FileNotFoundError:
            return self.empty()
        except (OSError, pa.ArrowException, KeyError) as error:
            reason = " ".join(str(error).split())
            raise CatalogError(f"{path} is damaged ({reason}): restore a copy or move it away.") from error

    def stage(self, directory: Path, frame: pd.DataFrame) -> StagedFile:
        """Merge rows with those that are there, the new ones winning, without showing it yet."""
        # Opened before what is there is read: the lock on the temporary makes concurrent merges take turns.
        staged = StagedFile(directory / self.file_name)
        try:
            merged = pd.concat([self.read(directory), self.typed(frame)])
            key = self.schema.names[: self.key_columns]
            merged = merged.drop_duplicates(key, keep="last").sort_values(key)
            table = pa.Table.from_pandas(merged, self.schema, preserve_index=False).replace_schema_metadata()
            pq.write_table(table, staged.file, compression="zstd")
            staged.seal()
        except BaseException:
            staged.discard()
            raise
        return staged

    def write(self, directory: Path, frame: pd.DataFrame) -> None:
        """Merge rows with those that are there, the new ones winning; all of it appears at once."""
        self.stage(directory, frame).publish()

    def remove(self, directory: Path, key: object) -> int:
        """Remove the row of a key, if there is one; return how many. Raises `OSError`, `CatalogError`."""
        with StagedFile(directory / self.file_name) as staged:
            frame = self.read(directory)
            left = frame[frame[self.schema.names[0]] != key]
            if len(left) < len(frame):
                table = pa.Table.from_pandas(
                    left, self.schema, preserve_index=False
                ).replace_schema_metadata()
                pq.write_table(table, staged.file, compression="zstd")
                staged.publish()
        return len(frame) - len(left)

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        columns: pd.DataFrame = frame[self.schema.names]
        return columns.astype(self.types).reset_index(drop=True)


MOVIES = CatalogueTable(
    "movies.parquet",
    pa.schema(
        [
            pa.field("movie_id", pa.string(), nullable=False),
            pa.field("title", pa.string()),
            pa.field("genres", pa.list_(pa.string())),
            pa.field("year", pa.int32()),
            pa.field("runtime_min", pa.int32()),
        ]
    ),
    {"movie_id": "str", "title": "str", "genres": "object", "year": "Int32", "runtime_min": "Int32"},
)
USERS = CatalogueTable(
    "users.parquet",
    pa.schema(
        [
            pa.field("user_id", pa.int64(), nullable=False),
            pa.field("age", pa.int32()),
            pa.field("gender", pa.string()),
            pa.field("occupation", pa.string()),
        ]
    ),
    {"user_id": "int64", "age": "Int32", "gender": "str", "occupation": "str"},
)
# What the numbers of an imported source were stored as. Without it a corrected title would be another movie.
SOURCE_IDS = CatalogueTable(
    "source_ids.parquet",
    pa.schema(
        [pa.field(name, pa.string(), nullable=False) for name in ("catalogue", "source_id", "movie_id")]
    ),
    {"catalogue": "str", "source_id": "str", "movie_id": "str"},
    key_columns=2,
)
# The numbers that users who are texts in a source are stored as.
SOURCE_USERS = CatalogueTable(
    NEVER_PUBLISHED,
    pa.schema(
        [
            pa.field("source_user", pa.string(), nullable=False),
            pa.field("user_id", pa.int64(), nullable=False),
        ]
    ),
    {"source_user": "str", "user_id": "int64"},
)


AGE_FROM = (18, 25, 35, 45, 56)
AGE_BANDS = ("under 18", "18-24", "25-34", "35-44", "45-55", "56 and over")
UNKNOWN = "unknown"


def age_bands(age: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.object_]:
    """Return the band of each age in years, `UNKNOWN` for NaN."""
    band = np.array(AGE_BANDS, dtype=object)[np.digitize(np.nan_to_num(age), AGE_FROM)]
    return np.where(np.isnan(age), UNKNOWN, band)


def known_movies(directory: Path) -> frozenset[str]:
    """Return the ids of the catalogue; none when there is no catalogue."""
    return frozenset(MOVIES.read(directory)["movie_id"])


def repair(movie_id: str, known: AbstractSet[str]) -> str | None:
    """Remove one stray character: return the known id that results if it is the only one, else `None`."""
    shorter = {movie_id[:i] + movie_id[i + 1 :] for i in range(len(movie_id))}
    found = shorter & known
    return found.pop() if len(found) == 1 else None
