"""`search personal`: what the order for a user is worth, and which weights the user's scores shall have."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from app.recommender import Recommender
from auto_deployment.commands.search.shared import catalogue, current, table_document
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import replace_text
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.report.characteristics import replace_section
from auto_deployment.statistics.bootstrap import Bootstrap, Estimate
from auto_deployment.training.evaluate.seen import is_in_training
from auto_deployment.training.model_store import open_model
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.personal.ask import Asking, wanted_of
from auto_deployment.training.personal.weigh import FIRST_MIN, Weighed, Worth, weigh
from auto_deployment.training.prepare.data import load_data
from auto_deployment.training.prepare.interactions import is_relevant
from search.fusion import Kind
from search.personal.blend import WEIGHTS

TRIED = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="of users, movies and slips (default: 1)")
    parser.add_argument("--users", type=int, default=500, help="at most (default: 500)")
    parser.add_argument("--movies", type=int, default=3, help="of each user at most (default: 3)")
    parser.add_argument("--write", type=Path, metavar="DOCUMENT", help="put the table into docs/search.md")
    parser.add_argument("--name", default="demo", help="of the data, which names the table (default: demo)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the tables; with --write also replace them in the document."""
    if min(args.users, args.movies) < 1:
        raise BadInputError("--users and --movies must be at least 1.")
    begin, end = (f"<!-- personal {args.name}: {word} -->" for word in ("begin", "end"))
    document = args.write and table_document(args.write, begin, end)
    paths, params = Paths(settings.data_dir), load_params(settings.params_file).training
    model = open_model(paths, None)
    recommender, search = Recommender(model), current(settings)
    interactions = load_data(paths.segments, paths.catalog, params.prepare).interactions
    held = interactions[~is_in_training(model, interactions)]
    if (split := model.manifest["split"])["kind"] == "global":
        held = held[(held["time"] >= pd.Timestamp(model.manifest["watermark"])).to_numpy()]
    relevant = held[is_relevant(held, params.prepare).to_numpy()]
    wanted = wanted_of(recommender, relevant, args.users, args.movies, args.seed)
    asking = Asking(search, recommender, catalogue(settings), TRIED)
    weighed = weigh(list(asking.all(wanted, args.seed)), TRIED, _bootstrap(params))
    text = table(weighed)
    sys.stdout.write(text)
    if document:
        again = (
            f"{len(wanted)} users with up to {args.movies} movies each, index `{search.head.version}`, split "
            f"`{split['kind']}`. Again: `marquee search personal --name {args.name} --users {args.users} "
            f"--movies {args.movies} --write docs/search.md`."
        )
        section = f"{begin}\n{text}\n{again}\n{end}"
        replace_text(args.write, replace_section(document, section, begin, end))
    return 0


def table(weighed: Weighed) -> str:
    """Write what each weight is worth as Markdown tables, and what is to be done."""
    heads = " | ".join(f"{one:g}" for one in TRIED)
    lines = [
        f"| question | {heads} | best | on the other half | chosen |\n",
        "|---" * (len(TRIED) + 4) + "|\n",
    ]
    for kind, choice in weighed.choices.items():
        means = " | ".join(f"{weighed.means[kind][one]:.3f}" for one in TRIED)
        lines.append(f"| {kind} | {means} | {choice.best:g} | {_gain(choice.worth)} | {choice.weight:g} |\n")
    lines += ["\n| question | asked | users | search alone | for the user | gain |\n", "|---" * 6 + "|\n"]
    lines += [f"| {rule} | {_row(worth)} |\n" for rule, worth in weighed.rules.items()]
    chosen = {kind: choice.weight for kind, choice in weighed.choices.items()}
    fits = all(np.isclose(WEIGHTS[kind], one) for kind, one in chosen.items())
    serve = "They are those that are served." if fits else f"Served are {_weights(WEIGHTS)}."
    enough = "" if weighed.first >= FIRST_MIN else f" That is below {FIRST_MIN:.0%}: they must not be served."
    lines.append(f"\nChosen are {_weights(chosen)}. {serve}\n")
    lines.append(f"A title that is asked for comes first in {weighed.first:.1%} of all cases.{enough}\n")
    return "".join(lines)


def _bootstrap(params: TrainingParams) -> Bootstrap:
    how = params.evaluate
    return Bootstrap(how.bootstrap_samples, how.interval_level, params.train.seed)


def _weights(weights: Mapping[Kind, float]) -> str:
    return ", ".join(f"{one:g} for {kind}" for kind, one in weights.items()) or "none"


def _row(worth: Worth) -> str:
    means = " | ".join(_number(one) for one in (worth.without, worth.ranked))
    return f"{worth.questions} | {worth.users} | {means} | {_gain(worth)}"


def _number(estimate: Estimate) -> str:
    return "-" if estimate["value"] is None else f"{estimate['value']:.3f}"


def _gain(worth: Worth) -> str:
    value, low, high = (worth.gain[name] for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "-"
    return f"{value:+.4f} ({low:+.4f} to {high:+.4f})"
