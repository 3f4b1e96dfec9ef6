"""`python -m benchmarks`: measure what is promised, print ratios, save them under benchmarks/results."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    client,
    continuing,
    feedback,
    feedback_stores,
    fleet,
    footprint,
    importing,
    latency,
    list_diff,
    priority,
    recent_lists,
    retraining,
    retraining_sides,
    rpc,
    search,
    soak,
    spark,
    throughput,
)
from benchmarks.report import Table, save
from benchmarks.throughput import Plan

KINDS = (
    "throughput",
    "footprint",
    "latency",
    "priority",
    "importing",
    "feedback",
    "retraining",
    "continuing",
    "soak",
    "list-diff",
    "recent-lists",
    "grpc",
    "client",
    "fleet",
    "search",
)
# Only where they are named: one takes hours, one needs pyspark.
ASKED = ("feedback-stores", "spark")


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; return 1 when a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "kinds",
        nargs="*",
        metavar="KIND",
        help=f"of {', '.join(KINDS + ASKED)} (default: all but {' and '.join(ASKED)})",
    )
    parser.add_argument("--factors", type=int, nargs="+", default=[64, 100], help="sizes of the model")
    parser.add_argument("--rounds", type=int, default=11, help="of throughput, 16 slices each")
    parser.add_argument("--slice-s", type=int, default=1)
    parser.add_argument(
        "--against",
        type=Path,
        metavar="CHECKOUT",
        help="retraining: another build, run in turn with this one",
    )
    parser.add_argument(
        "--parts", nargs="+", choices=continuing.PARTS, default=continuing.PARTS, help="of continuing"
    )
    parser.add_argument("--spark-parts", nargs="+", choices=spark.PARTS, default=spark.PARTS, help="of spark")
    parser.add_argument(
        "--spark-ratings", type=int, nargs="+", default=[1_000_000], help="of spark: how many"
    )
    parser.add_argument("--latency-s", type=int, default=30)
    parser.add_argument("--load-s", type=int, default=60, help="of grpc, for its long run")
    parser.add_argument("--lists", type=int, default=500_000, help="of feedback; a fifth as many watches")
    parser.add_argument("--requests", type=int, default=1_000_000, help="of feedback-stores, for the kills")
    parser.add_argument(
        "--kills", type=int, default=50, help="of feedback-stores, of collector and joiner each"
    )
    parser.add_argument("--pulls", type=int, default=fleet.ROUNDS, choices=(1, 3, 5), help="of fleet")
    parser.add_argument(
        "--faults", nargs="+", choices=tuple(client.FAULTS), default=tuple(client.FAULTS), help="of client"
    )
    parser.add_argument("--titles", type=int, default=100_000, help="of search")
    parser.add_argument("--search-s", type=int, default=60, help="of search, at a constant rate")
    parser.add_argument("--updates", type=int, default=50, help="of search, with a shard killed in each")
    args = parser.parse_args(argv)
    kinds = args.kinds or list(KINDS)
    if unknown := set(kinds) - set(KINDS + ASKED):
        parser.error(f"there is no {', '.join(sorted(unknown))}: choose of {', '.join(KINDS + ASKED)}")
    work = Path(os.environ.get("DATA_DIR") or "data").resolve() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    kept = True
    for kind in kinds:
        table = Table()
        results = _measured(kind, work, args, table)
        path = save(kind, {"promises": table.promises, **results})
        table.line(f"saved in {path}")
        kept &= table.all_kept
    return 0 if kept else 1


def _measured(kind: str, work: Path, args: argparse.Namespace, table: Table) -> dict[str, Any]:
    if kind == "retraining":
        return _retraining(work, args, table)
    if kind in ALONE:
        title, measure = ALONE[kind]
        table.title(f"{kind}: {title}")
        return measure(work, args, table)
    return _serving(kind, work, args, table)


Measure = Callable[[Path, argparse.Namespace, Table], dict[str, Any]]
ALONE: dict[str, tuple[str, Measure]] = {
    "importing": (
        "a table in MovieLens' shape, by this build and the one before",
        lambda work, args, table: importing.measure(work, table),
    ),
    "feedback": (
        "watches credited to lists, and lines of the edge log collected",
        lambda work, args, table: feedback.measure(work, table, args.lists, args.lists // 5),
    ),
    "feedback-stores": (
        "files and PostgreSQL, killed at random, and asked about one user",
        lambda work, args, table: feedback_stores.measure_stores(
            work, table, args.lists, args.requests, args.kills
        ),
    ),
    "soak": (
        "what the tests try a few times, tried many times",
        lambda work, args, table: soak.measure(table),
    ),
    "priority": ("what can wait takes all processors", lambda work, args, table: priority.measure(table)),
    "recent-lists": (
        "lists with recent events, without, and popularity",
        lambda work, args, table: recent_lists.measure(work, table),
    ),
    "grpc": (
        "gRPC and HTTP side by side, load generator included",
        lambda work, args, table: rpc.measure(work, args.rounds, args.load_s, table),
    ),
    "client": (
        "what a caller meets of a service that is well, dead, hung, or failing",
        lambda work, args, table: client.measure(work, table, args.faults),
    ),
    "fleet": (
        "callers during a pull, a pull that shares files, memory during a switch",
        lambda work, args, table: fleet.measure(work / "fleet", table, args.pulls),
    ),
    "continuing": (
        "going on from the last weights, and training from nothing",
        lambda work, args, table: continuing.measure(work, table, args.parts),
    ),
    "search": (
        "a gateway and four shards, load generator included, and updates with a shard killed in each",
        lambda work, args, table: search.measure(work, args, table),
    ),
    "spark": (
        f"training on this machine and on Spark at {spark.MASTER}",
        lambda work, args, table: spark.measure(work, table, args.spark_parts, args.spark_ratings),
    ),
    "list-diff": (
        "lists of honest successive models, and of broken ones",
        lambda work, args, table: list_diff.measure(work, table),
    ),
}


def _retraining(work: Path, args: argparse.Namespace, table: Table) -> dict[str, Any]:
    if args.against:
        table.title(f"retraining: this build and {args.against}, in turn")
        return {"sides": retraining_sides.measure(work, table, args.against)}
    table.title("retraining: the stages of dvc.yaml, each in a process of its own")
    return {"data": retraining.measure(work, table)}


def _serving(kind: str, work: Path, args: argparse.Namespace, table: Table) -> dict[str, Any]:
    results = {}
    for factors in args.factors:
        table.title(f"{kind}: 1,000,000 users, 27,000 movies, {factors} factors")
        results[str(factors)] = _measure(kind, work, factors, args, table)
    return {"factors": results}


def _measure(kind: str, work: Path, factors: int, args: argparse.Namespace, table: Table) -> dict[str, Any]:
    if kind == "throughput":
        return throughput.measure(work, factors, Plan(args.rounds, args.slice_s), table)
    if kind == "footprint":
        return footprint.measure(work, factors, table)
    return latency.measure(work, factors, args.latency_s, table)


if __name__ == "__main__":
    sys.exit(main())
