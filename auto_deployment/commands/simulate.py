"""`marquee simulate`: the event lines of a made-up platform, to a file or to standard output."""

import argparse
import logging
import math
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tqdm import tqdm

from auto_deployment.config import Settings
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.errors import BadInputError
from auto_deployment.host.signals import until_stopped
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.simulate.arrays import SECOND_US
from auto_deployment.simulate.damage import Message
from auto_deployment.simulate.lists.audience import Audience
from auto_deployment.simulate.output import open_output
from auto_deployment.simulate.pace import pace
from auto_deployment.simulate.params import DamageParams, SimulateParams
from auto_deployment.simulate.platform.platform import Platform, read_start
from auto_deployment.simulate.requester import read_server, requester
from auto_deployment.simulate.stream import generate_chunks

log = logging.getLogger(__name__)

OVERRIDES = ("users", "movies", "days", "seed", "start", "minute_step")
NO_DAMAGE = DamageParams(*[0.0] * len(fields(DamageParams)))


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options; what is not given comes from `params.yaml`."""
    parser.add_argument("--out", default="-", metavar="FILE", help="where the lines go; - is standard output")
    to_kafka = "the lines go to the broker of KAFKA_BOOTSTRAP and KAFKA_TOPIC instead"
    parser.add_argument("--kafka", action="store_true", help=to_kafka)
    to_segments = "what users make of the lists of --ask becomes segments of DATA_DIR, and nothing else does"
    parser.add_argument("--segments", action="store_true", help=to_segments)
    parser.add_argument("--lines", type=_positive, metavar="N", help="stop after so many lines")
    for name in ("--users", "--movies"):
        parser.add_argument(name, type=_positive, metavar="N")
    parser.add_argument("--days", type=_positive, metavar="N", help="length of the simulated time")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed and options give the same lines")
    parser.add_argument(
        "--start", metavar="TIME", help="first moment in UTC; with --speed the default is now"
    )
    parser.add_argument("--minute-step", type=_positive, metavar="N", help="one watch line every N minutes")
    parser.add_argument(
        "--speed", type=_speed, metavar="X", help="1 is real time, 60 a minute a second; without it: at once"
    )
    _configure_live(parser)
    parser.add_argument(
        "--damage",
        action="append",
        default=[],
        metavar="KIND=SHARE",
        help="share of all lines that get one kind of damage, or 'none' for all kinds; may be repeated",
    )
    parser.add_argument("--catalog", type=Path, metavar="DIR", help="also write the movies and users there")


def _configure_live(parser: argparse.ArgumentParser) -> None:
    """Declare what makes a platform that goes on."""
    parser.add_argument(
        "--since-days",
        type=_positive,
        metavar="N",
        help="begin N days ago and go on in real time: what lies in the past comes at once, but only into a "
        "topic that has nothing yet",
    )
    parser.add_argument(
        "--ask",
        type=read_server,
        metavar="HOST:PORT",
        help="get recommendations from this service instead of making them up",
    )
    often = "how often (default: %(default)s)"
    parser.add_argument("--asks-per-s", type=_speed, default=1.0, metavar="X", help=often)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the lines; raise `BadInputError` on options that cannot be used."""
    _check(args)
    if args.segments:
        return _answer_to_lists(args, settings)
    # A stop is no failure: what was handed over is sent before the end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    now, since_days = datetime.now(UTC), _since_days(args, settings)
    params = load_params(settings.params_file).simulate
    # The demo's model knows the titles of these parameters; a past that began in another year has the same.
    year = None if since_days is None else read_start(params.start).year
    platform = Platform.build(_effective(params, args, now, since_days), year)
    if args.catalog:
        MOVIES.write(args.catalog, platform.movies_frame())
        USERS.write(args.catalog, platform.users_frame())
    batches = _batches(platform, settings.rating_scale, args, now)
    written = 0
    with ExitStack() as stack:
        write = stack.enter_context(_opened(args, settings))
        # None: tqdm shows its bar to a person at a terminal only.
        bar = stack.enter_context(tqdm(unit=" lines", disable=True if args.out == "-" else None))
        if args.ask:
            users = _audience(platform, settings)
            stack.enter_context(requester(args.ask, args.asks_per_s, users, write))
        for batch in _limited(batches, args.lines):
            write(batch)
            written += len(batch)
            bar.update(len(batch))
    log.info("wrote %d lines to %s", written, f"topic {settings.kafka.topic}" if args.kafka else args.out)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raise `BadInputError` on options that exclude each other."""
    if args.kafka and args.out != "-":
        raise BadInputError("--kafka and --out exclude each other: choose one.")
    if args.segments and (args.kafka or args.out != "-" or not args.ask):
        raise BadInputError("--segments needs --ask, and neither --kafka nor --out.")
    if (args.since_days or (args.ask and not args.segments)) and not args.kafka:
        raise BadInputError("--since-days and --ask need --kafka.")


def _answer_to_lists(args: argparse.Namespace, settings: Settings) -> int:
    """Let the users of the demo's platform ask and watch until somebody stops us."""
    from auto_deployment.ingest.recent.followed import followed
    from auto_deployment.simulate.segments_output import open_segments

    platform = Platform.build(load_params(settings.params_file).simulate)
    with (
        until_stopped(twice_ends=True) as stop,
        open_segments(Paths(settings.data_dir), settings.rating_scale, followed(settings)) as write,
        requester(args.ask, args.asks_per_s, _audience(platform, settings), write),
    ):
        log.info("asks %s %g times a second", args.ask, args.asks_per_s)
        stop.wait()
    return 0


def _audience(platform: Platform, settings: Settings) -> Audience:
    return Audience(platform, platform.params.lists, settings.rating_scale, time.time_ns() // 1000)


@contextmanager
def _opened(args: argparse.Namespace, settings: Settings) -> Iterator[Callable[[Sequence[Message]], object]]:
    """Give what takes lines, wherever they go."""
    if args.kafka:
        # Imported here: the client library takes half a second that nobody else has to wait for.
        from auto_deployment.simulate.kafka_output import open_topic

        with open_topic(settings.kafka) as send:
            yield send
        return
    with open_output(args.out) as file:

        def write(batch: Sequence[Message]) -> None:
            file.write(b"".join(b"%b\n" % (message or b"") for message in batch))
            if args.speed:
                file.flush()

        yield write


def _since_days(args: argparse.Namespace, settings: Settings) -> int | None:
    """Return how long ago to begin: not at all where the past was told already."""
    if args.since_days is None:
        return None
    from auto_deployment.simulate.kafka_output import holds_lines

    return 0 if holds_lines(settings.kafka) else int(args.since_days)


def _effective(
    params: SimulateParams, args: argparse.Namespace, now: datetime, since_days: int | None
) -> SimulateParams:
    given = {name: getattr(args, name) for name in OVERRIDES if getattr(args, name) is not None}
    if since_days is not None:
        given["start"] = (now - timedelta(days=since_days)).isoformat()
    elif args.speed and args.start is None:
        given["start"] = now.isoformat()
    habits = replace(params.activity, requests_per_viewing=0.0) if args.ask else params.activity
    return replace(params, **given, activity=habits, damage=_damage(params.damage, args.damage))


def _damage(shares: DamageParams, words: Sequence[str]) -> DamageParams:
    kinds = [field.name for field in fields(DamageParams)]
    for word in words:
        kind, _, share = word.partition("=")
        try:
            shares = NO_DAMAGE if word == "none" else replace(shares, **{kind: float(share)})
        except (TypeError, ValueError):
            raise BadInputError(
                f"--damage {word} is not understood: use none or KIND=SHARE with one of {', '.join(kinds)}."
            ) from None
    return shares


def _batches(
    platform: Platform, scale: tuple[float, float], args: argparse.Namespace, now: datetime
) -> Iterable[list[Message]]:
    chunks = generate_chunks(platform, scale)
    if args.since_days is not None:
        return pace(chunks, args.speed or 1.0, time.monotonic, time.sleep, int(now.timestamp() * SECOND_US))
    if args.speed is None:
        return (chunk.messages for chunk in chunks)
    return pace(chunks, args.speed, time.monotonic, time.sleep)


def _limited(batches: Iterable[list[Message]], limit: int | None) -> Iterator[list[Message]]:
    left = math.inf if limit is None else limit
    for batch in batches:
        yield batch if len(batch) <= left else batch[: int(left)]
        left -= len(batch)
        if left <= 0:
            return


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("use 1 or more")
    return number


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < math.inf:
        raise argparse.ArgumentTypeError("use a number above 0")
    return speed
