"""`python -m benchmarks.chaos`: a steady load while containers are stopped, killed, hung, replaced."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import say
from tests.support.project import PROJECT
from tests.support.systems.containers import DISTURBANCES, Stack
from tests.support.systems.disturb import Diary, disturb, under_load
from tests.support.systems.load import Load
from tests.support.systems.seconds import LIMIT_MS, Summary, mean_usage, summarise, write_rows
from tests.support.systems.usage import metering

SPLIT_LAST_S = 20.0  # over so long after the last disturbance the split is looked at
# Everything goes through NGINX, so with it the one port is gone; docs/deployment.md says what follows.
ENV_FILE = PROJECT / ".env"  # with what the system was started, so with what its parts are made anew
NEVER = ("nginx", "simulator", "maildev", "grafana")


def main(argv: Sequence[str] | None = None) -> int:
    """Run, print, write the rows; return 1 when a promise was missed."""
    args = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stack = Stack(args.project, env_file=str(ENV_FILE) if ENV_FILE.exists() else os.devnull)
    services = [] if args.quiet else args.services or [one for one in stack.services() if one not in NEVER]
    load, diary = Load(args.port, args.rate, args.requests), Diary()

    def work() -> None:
        disturb(stack, services, diary, is_over=lambda: load.sent >= args.requests)

    say(
        f"{args.requests:,} requests at {args.rate:g}/s to port {args.port}, meanwhile: {', '.join(services)}"
    )
    with metering(args.project) as meter:
        asyncio.run(under_load(load, diary, meter, work if services else None))
    args.csv.parent.mkdir(parents=True, exist_ok=True)
    write_rows(args.csv, load.outcomes, diary.seconds)
    expected = len(services) * len(DISTURBANCES)
    kept = tell(summarise(load.outcomes), diary, expected)
    for service, usage in mean_usage(diary.seconds).items():
        say(f"{service:<15}{usage.cpu_percent:>7.1f} % of a core {usage.memory_bytes / 2**20:>7.0f} MB")
    last = max((one.planned_s for one in load.outcomes), default=0) - SPLIT_LAST_S
    calm = summarise([one for one in load.outcomes if one.planned_s >= last])
    say(f"canary, last {SPLIT_LAST_S:.0f} s: {calm.canary_share:.1%} of {calm.requests:,} requests (20 %)")
    say(f"rows      {args.csv}")
    return 0 if kept else 1


def tell(found: Summary, diary: Diary, expected: int) -> bool:
    """Print what came of it; return whether all was as promised."""
    say(f"done      {len(diary.done)} of {expected} disturbances")
    say(f"requests  {found.requests:,}: {found.failed} failed {dict(found.failures.most_common(5))}")
    say(f"latency   p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms, worst {found.worst_ms:.0f} ms")
    say(f"tracks    {dict(found.tracks)}")
    return found.failed == 0 and found.worst_ms <= LIMIT_MS and len(diary.done) == expected


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    project = os.environ.get("COMPOSE_PROJECT_NAME") or Path.cwd().name
    parser.add_argument("--project", default=project, help="of Compose (default: %(default)s)")
    parser.add_argument("--port", type=int, default=int(os.environ.get("MARQUEE_PORT") or 8082))
    parser.add_argument("--rate", type=float, default=150, metavar="N", help="requests a second")
    parser.add_argument("--requests", type=int, default=100_000, metavar="N")
    parser.add_argument("--services", nargs="+", metavar="NAME", help="what is disturbed (default: all)")
    parser.add_argument(
        "--quiet", action="store_true", help="disturb nothing: what does it cost at this rate?"
    )
    csv = Path("benchmarks/results/chaos.csv")
    parser.add_argument("--csv", type=Path, default=csv, metavar="FILE", help="one row each second")
    return parser


if __name__ == "__main__":
    sys.exit(main())
