"""`fleet audit`: who has asked the master for what, when, and what came of it."""

import argparse
import json
import sys
from typing import Any

from auto_deployment.commands.fleet.shared import master_of
from auto_deployment.config import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=20, help="how many, the newest (default: %(default)s)")
    parser.add_argument("--key", default="", help="only this operation, with what came of it on nodes")
    parser.add_argument("--json", action="store_true", help="print what the master answers")


def run(args: argparse.Namespace, settings: Settings) -> int:
    master = master_of(settings)
    found = master.get("audit", args.key) if args.key else master.get("audit", limit=str(args.limit))
    if args.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return 0
    for row in found.get("items", [found]):
        sys.stdout.write(_line(row))
    for one in found.get("orders", []):
        sys.stdout.write(f"  {one['node']}: {one['how']} {one['said']}".rstrip() + "\n")
    return 0


def _line(row: dict[str, Any]) -> str:
    what = dict(row["what"])
    words = " ".join([str(what.pop("do")), *(f"{name}={one}" for name, one in what.items() if one)])
    if row["status"] is None:
        came = "was not finished"
    elif row["status"] == 200:
        came = f"{_short(row['before'])} -> {_short(row['after'])}"
    else:
        came = f"refused: {row['answer']['detail']}"
    return f"{row['at']} {row['who']}: {words}; {came}\n"


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
