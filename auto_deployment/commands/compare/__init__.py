"""`compare`: hold the lists of two models against each other, as the gate does before it publishes."""

import argparse
import sys
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.host.files import replace_text
from auto_deployment.params import load_params
from auto_deployment.paths import Paths


def configure(parser: argparse.ArgumentParser) -> None:
    for name, which in (
        ("champion", "the model that serves"),
        ("candidate", "the one that would take its place"),
    ):
        parser.add_argument(name, help=f"{which}: a version below DATA_DIR/models, or a model's folder")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="also write the lists of ten users side by side"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print how the lists differ; return 0, whether or not they go beyond the limits of the gate."""
    from app.recommender import Recommender
    from auto_deployment.training.gate.lists.difference import compare_lists
    from auto_deployment.training.gate.lists.page import render_lists
    from auto_deployment.training.gate.lists.verdict import judge_lists
    from auto_deployment.training.model_folder import open_folder

    params, models = load_params(settings.params_file), Paths(settings.data_dir).models
    before, now = (open_folder(_folder(models, name)) for name in (args.champion, args.candidate))
    compared = compare_lists(
        Recommender(before), Recommender(now), params.gate.lists.users, params.training.train.seed
    )
    verdict = judge_lists(compared.found, params.gate.lists)
    if args.page:
        replace_text(args.page, render_lists(verdict, compared, before.version))
    unchanged = f"{compared.found.unchanged:.1%} of the users are shown the very same list."
    lines = [verdict.sentence, *(check.sentence for check in verdict.checks), unchanged]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _folder(models: Path, name: str) -> Path:
    return Path(name) if Path(name).is_dir() else models / name
