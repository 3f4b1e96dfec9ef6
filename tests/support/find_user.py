"""Every file below a folder in which a user's number is found, by value: whatever the file's form.

It is meant for a number that nothing else has. Columns and arrays of numbers are compared; texts and bytes
are searched for the number as a word, and for its eight bytes. Mails, gzip and git's objects are unpacked.
"""

import email
import gzip
import re
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_LOOSE = re.compile(r"objects/[0-9a-f]{2}/[0-9a-f]{38}$").search


def files_with(folder: Path, user_id: int) -> set[str]:
    """Return the paths below the folder, symbolic links not followed."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and _holds(path, user_id)
    }


def _holds(path: Path, user_id: int) -> bool:
    content = path.read_bytes()
    if any(_says(text, user_id) for text in (content, *_unpacked(path, content))):
        return True
    if content.startswith(b"PAR1"):  # whatever its name is: DVC's are hashes
        return any(_column_holds(column, user_id) for column in pq.read_table(path).columns)
    if content.startswith(b"\x93NUMPY"):
        return bool((np.load(path, allow_pickle=False) == user_id).any())
    return False


def _says(content: bytes, user_id: int) -> bool:
    numbers = struct.pack("<q", user_id), struct.pack(">q", user_id)
    is_word = re.search(rb"(?<![0-9])%d(?![0-9])" % user_id, content) is not None
    return is_word or any(one in content for one in numbers)


def _unpacked(path: Path, content: bytes) -> Iterator[bytes]:
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    elif path.suffix == ".eml":
        parts = (part.get_payload(decode=True) for part in email.message_from_bytes(content).walk())
        yield from (part for part in parts if isinstance(part, bytes))
    elif _LOOSE(path.as_posix()):
        yield zlib.decompress(content)
    elif path.suffix == ".pack":
        repository = path.parents[2]
        command = ["git", f"--git-dir={repository}", "cat-file", "--batch-all-objects", "--batch"]
        yield subprocess.run(command, capture_output=True, check=True).stdout


def _column_holds(column: pa.ChunkedArray, user_id: int) -> bool:
    return any(_leaf_holds(leaf, user_id) for leaf in _leaves(column.combine_chunks()))


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        yield from _leaves(array.dictionary)
    elif pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        yield from _leaves(array.flatten())
    elif pa.types.is_struct(array.type):
        for field in array.flatten():
            yield from _leaves(field)
    else:
        yield array


def _leaf_holds(array: pa.Array, user_id: int) -> bool:
    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return bool(pc.any(pc.equal(array.cast(pa.float64(), safe=False), float(user_id))).as_py())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        return any(one is not None and _says(one, user_id) for one in array.cast(pa.binary()).to_pylist())
    return False
