"""`release replay`: judge a recorded release again, with other parameters if given."""

import argparse
import json
import sys
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.params import load_params
from auto_deployment.release.judge.replay import Replay, read_ticks, replay


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="file of a release, or a JSON list of its ticks")
    parser.add_argument("--params", type=Path, help="other parameters than those of PARAMS_FILE")
    parser.add_argument("--json", action="store_true", help="print the judgement as JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the verdict and every check; nothing is changed by it."""
    params = load_params(args.params or settings.params_file).release.judge
    result = replay(read_ticks(args.file), params)
    if args.json:
        content = {"ticks": result.ticks, "of": result.of, **result.judgement.to_json()}
        sys.stdout.write(json.dumps(content, indent=1) + "\n")
    else:
        sys.stdout.write(in_words(result))
    return 0


def in_words(result: Replay) -> str:
    """Write the verdict, when it came, its reason and all checks."""
    judgement = result.judgement
    when = "after" if result.final else "still, after"
    lines = [f"{judgement.verdict} {when} {result.ticks:,} of {result.of:,} ticks. {judgement.reason}"]
    lines += [f"  {check.name:<24}{check.outcome:<16}{check.sentence}" for check in judgement.checks]
    return "\n".join(lines) + "\n"
