"""`python -m benchmarks.promise`: 200,000 requests through good and bad releases, kills and a rollback."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import say
from tests.support.systems.containers import StackError
from tests.support.systems.promise.report import keep_artefacts
from tests.support.systems.promise.run import keep_promise
from tests.support.systems.releasing import Releases, released
from tests.support.systems.stack import running_stack


def main(argv: Sequence[str] | None = None) -> int:
    """Run and print; return 1 when the promise was broken."""
    args = _parser().parse_args(argv)
    try:
        with _built() as releases:
            say(f"{args.requests:,} requests at {args.rate:g}/s")
            result = keep_promise(releases, args.rate, args.requests, say)
    except (AssertionError, StackError) as error:
        say(f"BROKEN: {error}")
        return 1
    keep_artefacts(result, "promise-long")
    say(result.table())
    kept = result.is_kept(args.requests)
    say("KEPT" if kept else "BROKEN")
    return 0 if kept else 1


@contextmanager
def _built() -> Iterator[Releases]:
    """Build the images and start a system of its own, with releases in fast motion."""
    with tempfile.TemporaryDirectory() as place:
        build, own = Path(place) / "build", Path(place) / "released"
        build.mkdir()
        own.mkdir()
        Path(place).chmod(0o755)  # containers read parameters here
        with running_stack(build, up=False) as built:
            built.stack.compose("build", "--quiet", timeout_s=1800)
            with released(built.stack, own) as releases:
                yield releases


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.promise", description=__doc__)
    parser.add_argument("--rate", type=float, default=200, metavar="N", help="requests a second")
    parser.add_argument("--requests", type=int, default=200_000, metavar="N", help="at least")
    return parser


if __name__ == "__main__":
    sys.exit(main())
