"""A CSV file that has whole rows only, whatever happens to the process that writes it."""

import csv
import errno
import io
import os
from collections.abc import Sequence
from pathlib import Path

from auto_deployment.errors import BadInputError
from auto_deployment.host.files import replace_text
from auto_deployment.recipe.errors import RecipeError

Value = str | float | int | None


class RowsFile:
    """Replaces the file with its header, then adds rows, each group of them in one write."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        try:
            replace_text(path, _lines([columns]))
        except OSError as error:
            raise BadInputError(
                f"{path} cannot be written ({error.strerror}): name another --out."
            ) from error

    def add(self, rows: Sequence[Sequence[Value]]) -> None:
        """Add rows; raise `RecipeError` when they do not fit on the disk, and leave none of them."""
        text = _lines(rows).encode()
        try:
            with self.path.open("ab", buffering=0) as file:
                size = file.tell()
                if file.write(text) != len(text):
                    file.truncate(size)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise RecipeError(f"{self.path} takes no more rows ({error.strerror}): make room.") from error


def _lines(rows: Sequence[Sequence[Value]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Value) -> Value:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
