"""`python -m benchmarks.kill_ingest`: kill `ingest` again and again while lines flow, then count."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Table, save
from tests.support.ingest.kafka import Broker
from tests.support.ingest.kills import PARTITIONS, Plan, run


def main() -> int:
    """Run with a broker of its own; return 1 when anything is lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill_ingest", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    plan, broker, table = Plan(args.lines, args.kills, args.seed), Broker(), Table()
    try:
        broker.create()
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(broker, Path(folder), plan)
    finally:
        broker.remove()
    table.title(f"{plan.kills} kills while {plan.lines} lines flow through {PARTITIONS} partitions")
    for moment, times in outcome.kills.most_common():
        table.line(f"{times:3} {moment}")
    table.line(
        f"{outcome.segments} segments hold {outcome.rows} rows, {outcome.joined} of them joined from "
        f"{outcome.replaced}; {outcome.rejected} rejected lines; {outcome.seconds:.0f} s"
    )
    for what in ("lost", "doubled", "holes"):
        table.promise(what, getattr(outcome, what), 0, at_most=True)
    save("kill_ingest", {"promises": table.promises, "kills": dict(outcome.kills), "lines": plan.lines})
    return 0 if all(one["kept"] for one in table.promises) else 1


if __name__ == "__main__":
    sys.exit(main())
