"""`feedback report`: whether recommendations were watched, by release, track, source, gender and age."""

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from auto_deployment.commands.feedback.shared import engine, store
from auto_deployment.config import Settings
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.errors import BadInputError
from auto_deployment.feedback.join import clock_difference_s, totals
from auto_deployment.feedback.measures import Question
from auto_deployment.feedback.online.release_report import Tables, report_release, shown
from auto_deployment.feedback.page import NOTHING, found, table
from auto_deployment.feedback.params import ReportParams
from auto_deployment.feedback.tables import IMPRESSIONS
from auto_deployment.host.codec import to_plain
from auto_deployment.params import load_params
from auto_deployment.paths import Paths


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--release", metavar="ID", help="lists of this release only, and both tracks while it was the canary"
    )
    parser.add_argument(
        "--days", type=float, metavar="N",
        help="of the last N days, or of a release's last N days (default: params.yaml)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the measures of what was shown in the last days, or of what a release has shown."""
    params, paths = load_params(settings.params_file).feedback, Paths(settings.data_dir)
    days = params.report.days if args.days is None else args.days
    if not 0 < days <= params.keep_days:
        raise BadInputError(f"--days must be more than 0 and at most {params.keep_days}: more is not kept.")
    with engine(params.join) as own_engine:
        movies = MOVIES.read(paths.catalog)["movie_id"]
        tables = Tables(own_engine, store(settings), USERS.read(paths.catalog), movies)
        if args.release is None:
            content, text = _of_all(tables, days, params.report)
        else:
            content, text = _of_release(tables, args.release, days, params.report)
    sys.stdout.write(json.dumps(content, indent=1) + "\n" if args.json else text)
    return 0


def _of_all(tables: Tables, days: float, params: ReportParams) -> tuple[dict[str, Any], str]:
    since = datetime.now(UTC) - timedelta(days=days)
    measured = tables.measure(Question(since), params)
    hours = tables.store.facts(IMPRESSIONS)
    lines, difference_s = totals(hours, IMPRESSIONS.begin_of(since)), clock_difference_s(hours)
    content: dict[str, Any] = {"since": since.isoformat(), "release": None, "lines": lines}
    content |= {"clock_difference_s": difference_s, "groups": to_plain(measured)}
    return content, table(measured) + found(lines, difference_s)


def _of_release(
    tables: Tables, release: str, days: float, params: ReportParams
) -> tuple[dict[str, Any], str]:
    spans = shown(tables.engine, tables.store, None, release, days)
    if not spans:
        return {"release": release, "groups": []}, NOTHING
    report = report_release(tables, spans[0], params)
    text = table(report.groups)
    if report.as_canary is not None:
        text += f"\nBoth tracks while it was the canary:\n{table(report.as_canary.tracks)}"
    return report.to_json(), text + found(report.lines, report.clock_difference_s)
