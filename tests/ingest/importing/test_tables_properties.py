"""One table written in any of the shapes gives the same rows; nothing is left out in silence."""

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.dataset.reading import read_ratings
from auto_deployment.ingest.importing.job import Limits, run_import
from auto_deployment.ingest.importing.limit import TooManyRejectedError
from auto_deployment.ingest.importing.look import Scales
from auto_deployment.ingest.importing.recognise import recognise
from auto_deployment.ingest.importing.tables import records
from auto_deployment.ingest.importing.tables.columns import Asked
from auto_deployment.paths import Paths

MOVIES = ("kite+harbour+1995", "tin+parade+2004", "low+tide+1999")
TITLES = "movieId,title,genres\n1,Kite Harbour (1995),\n2,Tin Parade (2004),\n3,Low Tide (1999),\n"
HEADERS = (
    ("userId", "movieId", "rating", "timestamp"),
    ("User-ID", "item", "Stars", "Date"),
    ("uid", "MOVIE_ID", "score", "ts"),
)
STEPS = {(0.5, 5.0): 0.5, (1.0, 5.0): 1.0, (1.0, 10.0): 1.0}


@dataclass(frozen=True)
class Form:
    """How a table is written."""

    delimiter: str
    names: tuple[str, ...] | None
    order: tuple[int, ...]
    quoted: bool
    time: str
    ends: str
    encoding: str
    packed: bool
    note: str | None  # a further column
    float_ids: bool
    block_bytes: int


forms = st.builds(
    Form,
    st.sampled_from([",", ";", "\t", "::"]),
    st.sampled_from([None, *HEADERS]),
    st.permutations(range(4)).map(tuple),
    st.booleans(),
    st.sampled_from(["s", "ms", "text", "zone"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
    st.sampled_from([None, "plain", "caf\u00e9"]),
    st.booleans(),
    st.sampled_from([64, 300, 8 << 20]),
)
rows_of = st.lists(
    st.tuples(st.integers(1, 2**31 - 1), st.integers(1, 3), st.integers(631_152_000, 4_102_444_799)),
    min_size=4,
    max_size=12,
    unique=True,
)


def written(form: Form, values: list[tuple[int, int, float, int]], damage: int) -> bytes:
    times: dict[str, Callable[[int], str]] = {
        "s": str,
        "ms": lambda second: f"{second}000",
        "text": lambda second: f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S}",
        "zone": lambda second: f"{datetime.fromtimestamp(second + 7200, UTC):%Y-%m-%dT%H:%M:%S}+02:00",
    }
    ids = "{}.0" if form.float_ids else "{}"
    table = [
        (ids.format(user), ids.format(movie), f"{rating:g}", times[form.time](time))
        for user, movie, rating, time in values
    ]
    if form.delimiter == ";":
        table = [(user, movie, rating.replace(".", ","), time) for user, movie, rating, time in table]
    table += [("someone", *table[0][1:])] * damage
    lines = [tuple(row[place] for place in form.order) + ((form.note,) if form.note else ()) for row in table]
    if form.names:
        names = tuple(form.names[place] for place in form.order)
        lines.insert(0, (*names, "note") if form.note else names)
    quote = '"' if form.quoted and form.delimiter != "::" else ""
    text = "".join(form.delimiter.join(f"{quote}{one}{quote}" for one in line) + form.ends for line in lines)
    content = text.encode(form.encoding)
    return gzip.compress(content, mtime=0) if form.packed else content


def imported(form: Form, content: bytes, folder: Path, share: float) -> list[tuple[int, str, float, int]]:
    path = folder / ("ratings.csv.gz" if form.packed else "ratings.csv")
    path.write_bytes(content)
    (folder / "movies.csv").write_text(TITLES)
    words = ("user", "movie", "rating", "time")
    columns = {words[place]: str(number) for number, place in enumerate(form.order, 1)}
    asked = Asked({} if form.names else columns)
    really, records.BLOCK_BYTES = records.BLOCK_BYTES, form.block_bytes
    try:
        source, limits = recognise(path, asked), Limits(Scales(None, (1, 5)), share)
        result = run_import(source, Paths(folder / "data"), limits)
    finally:
        records.BLOCK_BYTES = really
    low, high = result.metas[0].rating_scale
    frame = read_ratings(Paths(folder / "data").segments).frame
    native = low + (frame["rating"].astype("float64") - 1) * (high - low) / 4
    seconds = frame["time"].astype("int64") // 10**6
    columns_of = (frame["user_id"], frame["movie_id"], native.round(3), seconds)
    return sorted(zip(*(column.tolist() for column in columns_of), strict=True))


@settings(max_examples=40, deadline=None)
@given(forms, rows_of, st.sampled_from(list(STEPS)), st.integers(0, 2**32), st.integers(0, 2))
def test_a_table_in_any_shape_gives_the_same_rows(
    form: Form, rows: list[tuple[int, int, int]], scale: tuple[float, float], seed: int, damage: int
) -> None:
    dice = random.Random(seed)
    low, high = scale
    telling = [low, high, *([low + 0.5] if low < 1 else [])]
    rated = telling + [dice.choice([low, high]) for _ in rows[len(telling) :]]
    values = [(user, movie, rating, time) for (user, movie, time), rating in zip(rows, rated, strict=False)]
    expected = sorted((user, MOVIES[movie - 1], rating, time) for user, movie, rating, time in values)
    content = written(form, values, damage)
    with TemporaryDirectory() as folder:
        if damage:
            with pytest.raises(TooManyRejectedError, match=f"user-id {damage}"):
                imported(form, content, Path(folder), 0.01)
        assert imported(form, content, Path(folder), 1.0) == expected
