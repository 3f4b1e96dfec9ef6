"""`feedback query`: answer a question in SQL about impressions, outcomes and titles."""

import argparse
import sys

import pyarrow.csv as csv

from auto_deployment.commands.feedback.shared import engine, store
from auto_deployment.config import Settings
from auto_deployment.feedback.questions import ask
from auto_deployment.params import load_params


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sql", metavar="SQL", help="a SELECT; the tables: impressions, outcomes, titles")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the answer as CSV."""
    with engine(load_params(settings.params_file).feedback.join) as own_engine:
        answer = ask(own_engine, store(settings), args.sql, {})
    csv.write_csv(answer, sys.stdout.buffer)
    return 0
