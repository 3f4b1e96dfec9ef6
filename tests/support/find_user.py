"""Every file below a folder in which a user's number is found, by value: whatever the file's form.

It is meant for a number that nothing else has. Columns and arrays of whole numbers are compared, texts and
bytes are searched for the number as a word.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def files_with(folder: Path, user_id: int) -> set[str]:
    """Return the paths below the folder, symbolic links not followed."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and _holds(path, user_id)
    }


def _holds(path: Path, user_id: int) -> bool:
    content = path.read_bytes()
    if re.search(rb"(?<![0-9])%d(?![0-9])" % user_id, content):
        return True
    if content.startswith(b"PAR1"):  # whatever its name is: DVC's are hashes
        return any(_column_holds(column, user_id) for column in pq.read_table(path).columns)
    if content.startswith(b"\x93NUMPY"):
        return bool((np.load(path, allow_pickle=False) == user_id).any())
    return False


def _column_holds(column: pa.ChunkedArray, user_id: int) -> bool:
    return any(_leaf_holds(leaf, user_id) for leaf in _leaves(column.combine_chunks()))


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        yield from _leaves(array.dictionary)
    elif pa.types.is_list(array.type):
        yield from _leaves(array.flatten())
    else:
        yield array


def _leaf_holds(array: pa.Array, user_id: int) -> bool:
    if pa.types.is_integer(array.type):
        return bool(pc.any(pc.equal(array, user_id)).as_py())
    if pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        is_there: Callable[[bytes], object] = re.compile(rb"(?<![0-9])%d(?![0-9])" % user_id).search
        return any(one is not None and is_there(one) for one in array.cast(pa.binary()).to_pylist())
    return False
