#!/usr/bin/env bash
# A column of ids such as 0x10 and 16 keeps both as texts under pandas' own CSV reader and becomes the numbers 16 and 16
# under `engine="pyarrow"`: Arrow's readers and its casts take hexadecimal for whole numbers (not for fractions), so two
# ids are one and no row is refused. A single text that is no number in the column, and all of them stay as written.
# pandas 3.1.1, pyarrow 26.0.1
# Why it matters: the engine is changed for speed. Item or user ids from a store that writes them in hexadecimal merge,
# ratings of one item count for another, and joins with a table that some other reader has read find nothing. Read ids
# as texts (`dtype=str` in pandas, `column_types` in pyarrow).
# Guess before the first run: hexadecimal is no number in a CSV file, as for int() in Python; both engines give texts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1
"$folder/venv/bin/python" - <<'PY'
import io
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

RATINGS = b"item,user,rating\n0x10,1,5\n16,1,4\n0x1F,2,1\n"
MIXED = RATINGS + b"sixteen,2,1\n"


def items(content, **options):
    return pd.read_csv(io.BytesIO(content), **options)["item"].tolist()


def fraction():
    try:
        return pc.cast(pa.array(["0x10"]), pa.float64()).to_pylist()
    except pa.ArrowInvalid:
        return "refused"


CASES = [
    ("pandas' own engine", items(RATINGS), ["0x10", "16", "0x1F"]),
    ("engine pyarrow", items(RATINGS, engine="pyarrow"), [16, 16, 31]),
    ("engine pyarrow, one text", items(MIXED, engine="pyarrow"), ["0x10", "16", "0x1F", "sixteen"]),
    ("engine pyarrow, texts asked for", items(RATINGS, engine="pyarrow", dtype=str), ["0x10", "16", "0x1F"]),
    ("Arrow's cast to whole numbers", pc.cast(pa.array(["0x10"]), pa.int64()).to_pylist(), [16]),
    ("Arrow's cast to fractions", fraction(), "refused"),
]
print(f"pandas {pd.__version__}, pyarrow {pa.__version__}")
for name, seen, said in CASES:
    print(f"{name:34} {seen}")
sys.exit(any(seen != said for _, seen, said in CASES))
PY
