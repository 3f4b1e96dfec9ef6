"""Closed Parquet files that say of themselves what they were made of; they appear whole or not at all."""

import errno
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.errors import MarqueeError
from auto_deployment.host.files import StagedFile, replace_text

SCHEMA_VERSION = 1
METADATA_KEY = b"marquee_feedback"
SUFFIX = ".parquet"
RELEASE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,199}")  # as part of a file's name
NOTHING_LOST = "Nothing is lost meanwhile."
TIME = pa.timestamp("us", tz="UTC")
ONE_USER_ROWS = (
    8192  # of a row group: what is read for one user, and more groups make each file slower to open
)
# A dictionary of what is nearly always different is what takes longest to read.
DIFFERENT = ("user_id", "request_id", "time", "edge_time", "shown_at", "watched_at")

Facts = Mapping[str, Any]


class FeedbackError(MarqueeError):
    """A file of `feedback` cannot be read or written. The message names it."""


def write_file(path: Path, rows: pa.Table, facts: Facts, *, one_user: bool = False) -> None:
    """Make a file appear, in the place of one that is there; raise `FeedbackError`.

    With `one_user` it is laid out for whoever looks for one user; the rows have to be in order of users.
    """
    content = json.dumps({"schema": SCHEMA_VERSION, **facts}, sort_keys=True).encode()
    with said_of(path), StagedFile(path) as staged:
        coded = [name for name in _leaves(rows.schema) if name not in DIFFERENT] if one_user else True
        with pq.ParquetWriter(
            staged.file, rows.schema, compression="zstd", write_page_checksum=True, use_dictionary=coded
        ) as writer:
            writer.write_table(rows, row_group_size=ONE_USER_ROWS if one_user else None)
            writer.add_key_value_metadata({METADATA_KEY: content})
        staged.publish()


def write_json(path: Path, content: Mapping[str, Any], meanwhile: str = NOTHING_LOST) -> None:
    """Make a file of JSON appear, in the place of one that is there; raise `FeedbackError`."""
    with said_of(path, meanwhile):
        replace_text(path, json.dumps(content, indent=1) + "\n")


@contextmanager
def said_of(path: Path, meanwhile: str = NOTHING_LOST) -> Iterator[None]:
    """Turn an `OSError` of writing a file into a `FeedbackError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            text = f"{path} does not fit on the disk: make room there. {meanwhile}"
            raise FeedbackError(text) from error
        raise FeedbackError(f"{path} cannot be written ({error.strerror or error}).") from error


def read_facts(path: Path) -> Facts:
    """Return what a file says of itself; raise `FeedbackError` where it is damaged or of a later version."""
    try:
        facts: Facts = json.loads(pq.read_metadata(path).metadata[METADATA_KEY])
        version = facts["schema"]
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FeedbackError(
            f"{path} is no file of `feedback` ({reason}): restore it from a copy or move it away."
        ) from error
    if version != SCHEMA_VERSION:
        raise FeedbackError(
            f"{path} is of schema version {version!r}, and this build knows {SCHEMA_VERSION}: "
            "run the build that wrote it, or move it away."
        )
    return facts


def _leaves(schema: pa.Schema) -> list[str]:
    """Return the names of columns as Parquet has them."""
    return [f"{one.name}.list.element" if pa.types.is_list(one.type) else one.name for one in schema]


def closed_files(folder: Path) -> list[Path]:
    """Return the closed files of a folder in order of name."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def microseconds(time: datetime) -> int:
    """Return microseconds since 1970."""
    return round(time.timestamp() * 1_000_000)


def moment(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us / 1_000_000, UTC)
