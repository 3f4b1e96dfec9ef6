"""Several of DVC's commands in one process, which loads DVC and reads the flow's files once.

Run by `Commands.dvc_in_turn` as a file, so that nothing of ours is loaded. The commands stand one after
another, `--then` between them; the first that fails is the last. What each prints stands behind a mark.
"""

import runpy
import sys
from collections.abc import Iterator, Sequence

THEN = "--then"
MARK = "\x1e"  # the record separator of ASCII


def apart(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words of each command."""
    rest = list(words)
    while THEN in rest:
        place = rest.index(THEN)
        yield rest[:place]
        rest = rest[place + 1 :]
    yield rest


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


if __name__ == "__main__":
    for command in apart(sys.argv[1:]):
        sys.stdout.write(MARK)
        if status := status_of(command):
            sys.exit(status)
