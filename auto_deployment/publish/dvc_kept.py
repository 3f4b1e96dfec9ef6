"""A DVC that stays: it takes one command after another, and so is loaded once for all of them.

Run by `Commands.with_dvc_loaded` as a file, so that nothing of ours is loaded. Each line that comes in is a
request, JSON with the folder, the words and the files for what is printed and complained; the answer is a
line with the exit status. It ends with its input.
"""

import json
import os
import runpy
import sys
from collections.abc import Sequence
from contextlib import suppress


def status_of(words: Sequence[str]) -> int:
    """Run one command as `python -m dvc` would; return its exit status."""
    sys.argv = ["dvc", *words]
    try:
        runpy.run_module("dvc", run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    return 0


def main() -> None:
    # Copies that no program of a stage inherits; it finds nothing to read, and writes into the files.
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    with suppress(ImportError):  # meanwhile nobody waits
        import dvc.cli.parser  # type: ignore[import-untyped]
        import dvc.repo.reproduce  # type: ignore[import-untyped]  # noqa: F401
    for line in requests:
        request = json.loads(line)
        for number, name in enumerate((request["out"], request["err"]), 1):
            file = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(file, number)
            os.close(file)
        os.chdir(request["folder"])
        status = status_of(request["words"])
        sys.stdout.flush()
        sys.stderr.flush()
        answers.write(f"{status}\n")
        answers.flush()


if __name__ == "__main__":
    main()
