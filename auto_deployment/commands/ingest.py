"""`ingest`: the event stream becomes segments, each line exactly once; and what is done to them later."""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.commands.options import read_columns, read_scale
from auto_deployment.config import Settings
from auto_deployment.dataset.compaction import compact
from auto_deployment.dataset.corrections.rewriting import rewrite
from auto_deployment.errors import BadInputError
from auto_deployment.host.locks import only_one
from auto_deployment.host.signals import until_stopped
from auto_deployment.ingest.drift.profile import render
from auto_deployment.ingest.params import IngestParams
from auto_deployment.ingest.process import ListenOptions, listen, look
from auto_deployment.ingest.quarantine.rejected import list_rejected, render_rejected
from auto_deployment.ingest.quarantine.replay import AskedAgain, replay
from auto_deployment.ingest.rating_scale import doubt
from auto_deployment.params import load_params
from auto_deployment.paths import Paths


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=sorted(_ACTIONS),
        help="list-quarantine: show rejected lines; replay-quarantine: try them again; compact: join the "
        "segments of finished days; "
        "without one: listen to the stream",
    )
    parser.add_argument("--once", action="store_true", help="end when what is there now has been read")
    parser.add_argument("--minutes", type=_minutes, metavar="N", help="end after N minutes")
    parser.add_argument(
        "--from-file", type=Path, metavar="PATH", help="read a captured log, one event a line, not the broker"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="write nothing, print what the stream looks like; alone: 1 minute",
    )
    _ask_how_to_replay(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--new-generation",
        nargs="?",
        const={},
        type=_offsets,
        metavar="PARTITION=OFFSET,...",
        help="read a topic that was recreated: from its beginning, or from these offsets",
    )


def _ask_how_to_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source",
        metavar="SOURCE",
        help="replay-quarantine: only the rejected rows of this imported table, as `import --list` names it",
    )
    parser.add_argument(
        "--columns",
        type=read_columns,
        default={},
        metavar="user=COLUMN,...",
        help="with --source: which column of these rows is which",
    )
    parser.add_argument(
        "--scale", type=read_scale, metavar="LOW-HIGH", help="with --source: the scale of its ratings"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for; return 0, or raise a `MarqueeError`."""
    # The client library tells of every attempt to connect; what matters is said by the stream itself.
    logging.getLogger("kafka").propagate = settings.log_level == "DEBUG"
    logging.getLogger("kafka").addHandler(logging.NullHandler())
    _refuse_options(args)
    params = load_params(settings.params_file).ingest
    if args.action:
        return _ACTIONS[args.action](args, settings, params)
    request = ListenOptions(args.once, args.minutes, args.from_file, args.new_generation)
    with until_stopped(twice_ends=True) as stop:
        if args.dry_run:
            if not (request.once or request.minutes or request.file):
                request = ListenOptions(minutes=1.0, new_generation=request.new_generation)
            found = look(settings, request, stop)
            said = doubt(found.outside_scale, found.kinds["rating"], settings.rating_scale, params.scale)
            profile = found.as_json() | {"rating_scale": said}
            text = render(profile) + (f"\n{said}\n" if said else "")
            sys.stdout.write(json.dumps(profile) + "\n" if args.json else text)
        else:
            listen(settings, params, request, stop)
    return 0


def _replay(args: argparse.Namespace, settings: Settings, params: IngestParams) -> int:
    paths = Paths(settings.data_dir)
    with only_one(paths.ingest_lock, "Ingest"):
        done = replay(paths, settings.rating_scale, AskedAgain(args.source, args.columns, args.scale))
    text = (
        f"{done.recovered} of {done.lines} rejected lines are taken now, {done.lines - done.recovered} stay\n"
    )
    text += "".join(f"stay untried: {rows} {why}\n" for why, rows in done.untried.items())
    sys.stdout.write(json.dumps(asdict(done)) + "\n" if args.json else text)
    return 0


def _list(args: argparse.Namespace, settings: Settings, params: IngestParams) -> int:
    for row in list_rejected(Paths(settings.data_dir).quarantine):
        sys.stdout.write(json.dumps(row) + "\n" if args.json else render_rejected(row))
    return 0


def _compact(args: argparse.Namespace, settings: Settings, params: IngestParams) -> int:
    paths = Paths(settings.data_dir)
    with only_one(paths.compaction_lock, "Joining segments"):
        rewrite(paths)
        done = compact(paths, datetime.now(UTC).date(), params.compaction.max_lines, lambda: None)
    facts = {"joined": done.joined, "into": done.into, "put_off": done.put_off}
    text = f"{done.joined} segments joined into {done.into}; {done.put_off} groups are read and put off\n"
    sys.stdout.write(json.dumps(facts) + "\n" if args.json else text)
    return 0


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings, IngestParams], int]] = {
    "list-quarantine": _list,
    "replay-quarantine": _replay,
    "compact": _compact,
}


def _refuse_options(args: argparse.Namespace) -> None:
    """Refuse options that do not go together with what is done; raise `BadInputError`."""
    listening = args.once or args.dry_run or args.minutes or args.from_file or args.new_generation is not None
    if args.action and listening:
        raise BadInputError(f"`ingest {args.action}` does not listen: leave that option out.")
    again = args.columns or args.scale
    if (args.source or again) and args.action != "replay-quarantine":
        raise BadInputError("--source, --columns and --scale go with `ingest replay-quarantine`.")
    if again and not args.source:
        raise BadInputError("--columns and --scale are of one table: say which with --source SOURCE.")


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes")
    return minutes


def _offsets(text: str) -> dict[int, int]:
    try:
        return {int(p): int(offset) for p, _, offset in (one.partition("=") for one in text.split(","))}
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not PARTITION=OFFSET,...") from None
