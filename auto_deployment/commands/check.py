"""`check data`, `check model`: what the pipeline asks of a checkout before anything is deployed."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.checks.data import check_data
from auto_deployment.checks.model import check_model
from auto_deployment.checks.verdicts import table
from auto_deployment.config import Settings
from auto_deployment.params import load_params
from auto_deployment.publish.errors import PublishError
from auto_deployment.publish.lookup import look_up
from auto_deployment.training.workspace import Workspace, read_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("data", "model"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print a line for each check; return 1 when one failed."""
    workspace, params = Workspace(settings.data_dir), load_params(settings.params_file)
    if args.what == "data":
        verdicts = check_data(
            workspace.segments,
            workspace.catalog,
            params.checks,
            params.ingest,
            params.gate.drift_findings_max,
            datetime.now(UTC),
        )
    else:
        verdicts = check_model(workspace, params, _tagged_hash(workspace))
    sys.stdout.write(table(verdicts))
    return 0 if all(one.passed for one in verdicts) else 1


def _tagged_hash(workspace: Workspace) -> str | None:
    """Return what the tag of the checkout's model says of its content, None where there is no such tag."""
    version = str(read_json(workspace.version)["version"])
    try:
        return str(look_up(version, Path.cwd()).facts["content_hash"])
    except (PublishError, KeyError):
        return None
