"""Lines of the quarantine that name a user, and their removal without moving any other line."""

import os
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.dataset.quarantine import METADATA_KEY
from auto_deployment.host.files import StagedFile

_separators = re.compile(rb"[,;|\t]|::")
_NOISE = b" \r\n\"'"


def names_user(raw: bytes, user_id: int) -> bool:
    """Tell whether a line may be about a user: one of its fields is the user's number and nothing else.

    A rejected line does not say which field the user is, so another user's line with such a number goes too.
    """
    wanted = str(user_id).encode()
    return wanted in raw and any(part.strip(_NOISE) == wanted for part in _separators.split(raw))


def blank_lines(path: Path, user_id: int) -> int:
    """Empty the lines that name a user; return how many. Rows stay where they are: `replay` counts them.

    Raises `OSError`, and the file is as it was.
    """
    with StagedFile(path) as staged:
        try:
            found = path.stat()
        except FileNotFoundError:  # it had to go, to keep the quarantine within its limit
            return 0
        table = pq.read_table(path)
        raw = table["raw"].to_pylist()
        blank = [b"" if names_user(one, user_id) else one for one in raw]
        changed: int = sum(one != other for one, other in zip(raw, blank, strict=True))
        if not changed:
            return 0
        column = table.schema.get_field_index("raw")
        table = table.set_column(column, table.schema.field("raw"), pa.array(blank, pa.binary()))
        table = table.replace_schema_metadata({METADATA_KEY: pq.read_metadata(path).metadata[METADATA_KEY]})
        pq.write_table(table, staged.file, compression="zstd")
        staged.seal()
        os.utime(staged.file.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))  # the oldest goes first
        staged.publish()
    return changed
