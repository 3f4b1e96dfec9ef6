"""`export`: the ratings as `clean_rating.csv`, the form that notebooks expect."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from auto_deployment.config import Settings
from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.export import Range, export_ratings
from auto_deployment.errors import MarqueeError
from auto_deployment.host.files import StagedFile
from auto_deployment.paths import Paths

_EVER = Range(-(2**62), 2**62)


class ExportError(MarqueeError):
    """The file could not be written; what was there before is still there."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", default="-", metavar="FILE", help="where the lines go; - is standard output")
    parser.add_argument("--from", dest="begin", type=_time, metavar="TIME", help="the first moment, in UTC")
    parser.add_argument(
        "--to", dest="end", type=_time, metavar="TIME", help="the first moment that is left out"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the ratings, on the scale of RATING_SCALE."""
    wanted = Range(
        _EVER.begin_us if args.begin is None else args.begin, _EVER.end_us if args.end is None else args.end
    )
    try:
        with _opened(args.out) as file:
            for text in export_ratings(Paths(settings.data_dir).segments, wanted, settings.rating_scale):
                file.write(text.encode())
    except OSError as error:
        raise ExportError(f"{args.out} could not be written: {error.strerror or error}.") from error
    return 0


@contextmanager
def _opened(out: str) -> Iterator[IO[bytes]]:
    if out == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with StagedFile(Path(out)) as staged:
        yield staged.file
        staged.publish()


def _time(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: use 2026-08-27 or 2026-08-27T10:00") from None
    return microseconds(time.replace(tzinfo=time.tzinfo or UTC))
