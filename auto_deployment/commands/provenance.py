"""`provenance`: from the header of an answer down to offsets, parameters and the gate's verdict."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from auto_deployment.commands.release.shared import store
from auto_deployment.config import Settings
from auto_deployment.host.codec import to_plain
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.publish.lookup import look_up
from auto_deployment.publish.provenance_tree import render_tree
from auto_deployment.release.online.by_group import group_branches, kept_measures
from auto_deployment.release.online.of_model import branches, records_of


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="a model version, the value of X-Release, or the whole header line")
    parser.add_argument(
        "--repo", type=Path, metavar="DIR", help="a clone (default: the cycle's own, else this folder)"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print what is known; return 0."""
    own = CycleLayout.below(Paths(settings.data_dir).cycle).clone
    found = look_up(args.name, args.repo or (own if own.is_dir() else Path.cwd()))
    records = records_of(store(settings), str(found.facts["version"]), found.serving_code)
    releases, online = [record.release for record in records], kept_measures(records)
    if args.json:
        content = {**asdict(found), "releases": to_plain(releases), "online": to_plain(online)}
        sys.stdout.write(f"{json.dumps(content)}\n")
    else:
        sys.stdout.write(render_tree(found, branches(releases), group_branches(found.evaluated, online)))
    return 0
