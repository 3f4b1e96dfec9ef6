#!/usr/bin/env bash
# A second type in a union changes how cattrs treats the first: the JSON value "5" becomes the number 5 in a field
# `int | None`, and is refused in a field `int | float | None`. "false" is True for `bool | None` and stays the text
# "false" for `bool | str`. null is refused for `int` and becomes the text "None" for `str`.
# cattrs 26.2.1 (cattrs.preconf.json.make_converter, frozen dataclasses with slots)
# Why it matters: widening a field's type reads like allowing more, and makes the reader of old files stricter; and a
# record whose id is null is read as one whose id is "None", next to a number that is refused.
# Guess before the first run: null is refused for any type without None, and a union takes what one of its types takes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cattrs==26.2.1
"$folder/venv/bin/python" - <<'PY'
import json
import sys
from dataclasses import make_dataclass
from importlib.metadata import version

import cattrs
from cattrs.preconf.json import make_converter

CASES = [
    (int | None, '"5"', 5),
    (int | float | None, '"5"', "refused"),
    (bool | None, '"false"', True),
    (bool | str, '"false"', "false"),
    (int, "null", "refused"),
    (str, "null", "None"),
]
converter = make_converter()


def read(kind, text):
    record = make_dataclass("Record", [("field", kind)], frozen=True, slots=True)
    try:
        return converter.structure({"field": json.loads(text)}, record).field
    except cattrs.BaseValidationError:
        return "refused"


print("cattrs", version("cattrs"), "on Python", sys.version.split()[0])
failed = False
for kind, text, expected in CASES:
    found = read(kind, text)
    name = kind.__name__ if isinstance(kind, type) else kind
    print(f"{text:8} for {name!s:20} -> {found!r}")
    failed |= found != expected or type(found) is not type(expected)
print("NOT as described" if failed else "as described")
sys.exit(failed)
PY
