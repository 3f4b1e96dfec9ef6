"""`feedback report`: whether recommendations were watched, by release, track, source, gender and age."""

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta

from auto_deployment.commands.feedback.shared import engine, store
from auto_deployment.config import Settings
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.errors import BadInputError
from auto_deployment.feedback.join import clock_difference_s, totals
from auto_deployment.feedback.measures import Question, measure
from auto_deployment.feedback.page import found, table
from auto_deployment.feedback.tables import IMPRESSIONS
from auto_deployment.host.codec import to_plain
from auto_deployment.params import load_params
from auto_deployment.paths import Paths


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--release", metavar="ID", help="lists of this release only")
    parser.add_argument("--days", type=float, metavar="N", help="of the last N days (default: params.yaml)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the measures of what was shown in the last days."""
    params, paths = load_params(settings.params_file).feedback, Paths(settings.data_dir)
    days = params.report.days if args.days is None else args.days
    if not 0 < days <= params.keep_days:
        raise BadInputError(f"--days must be more than 0 and at most {params.keep_days}: more is not kept.")
    question = Question(datetime.now(UTC) - timedelta(days=days), args.release)
    tables = store(settings)
    with engine(params.join) as own_engine:
        users, movies = USERS.read(paths.catalog), MOVIES.read(paths.catalog)["movie_id"]
        measured = measure(own_engine, tables, question, users, movies, params.report)
    hours = tables.facts(IMPRESSIONS)
    difference_s = clock_difference_s(hours)
    lines = totals(hours, IMPRESSIONS.begin_of(question.since))
    if args.json:
        content = {"since": question.since.isoformat(), "release": args.release, "lines": lines}
        content |= {"clock_difference_s": difference_s, "groups": to_plain(measured)}
        sys.stdout.write(json.dumps(content, indent=1) + "\n")
    else:
        sys.stdout.write(table(measured) + found(lines, difference_s))
    return 0
