#!/usr/bin/env bash
# wordllama's wheel holds all that its default model needs, vectors (16 MB) and tokenizer, and yet `WordLlama.load()`
# cannot do without a download: its own folder is `tokenizers/` and it looks in `tokenizer/`, so that it finds the
# vectors only and asks a hub for the rest. With `disable_download=True` it fails; with the very file of its wheel
# copied to where a download would have gone, it loads.
# wordllama 0.4.0.post1
# Why it matters: it is chosen because "the weights are in the package": an image that was tried on a machine whose cache
# was warm starts without a network, or with a hub that is away, by a FileNotFoundError. Copy the file at build time, or
# read the two files with safetensors and tokenizers.
# Guess before the first run: a wheel with both files loads its default model offline.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check wordllama==0.4.0.post1
HOME=$folder "$folder/venv/bin/python" - "$folder/cache" <<'PY'
import logging
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import wordllama

logging.disable()
package, cache = Path(wordllama.__file__).parent, Path(sys.argv[1])
vectors = list((package / "weights").glob("*.safetensors"))
tokenizers = list((package / "tokenizers").glob("*.json"))


def loads():
    try:
        found = wordllama.WordLlama.load(cache_dir=cache, disable_download=True)
    except FileNotFoundError as error:
        return f"no: {type(error).__name__}: {error}"
    return f"yes: {found.embed('a quiet film about the sea').shape[1]} numbers for a sentence"


print(f"wordllama {version('wordllama')}")
print(f"In the wheel: {', '.join(path.name for path in [*vectors, *tokenizers])}")
before = loads()
print(f"Loads as installed, without a download: {before}")
(cache / "tokenizers").mkdir(parents=True)
for path in tokenizers:
    shutil.copy(path, cache / "tokenizers")
after = loads()
print(f"Loads with the wheel's own file copied to the cache: {after}")
sys.exit(not (len(vectors) == len(tokenizers) == 1 and before.startswith("no") and after.startswith("yes")))
PY
