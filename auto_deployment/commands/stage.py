"""`stage`: one step of the flow in `dvc.yaml`, on the data of DATA_DIR. `dvc repro` calls these."""

import argparse
import logging
import sys
from collections.abc import Callable

from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.params import Params, load_params
from auto_deployment.publish.dvc_output import last_sentence
from auto_deployment.training.workspace import Workspace

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("stage", choices=STAGES, help="the step to take")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Take one step and say what came of it; return 0, also where the gate refuses: its file says so."""
    params = load_params(settings.params_file)
    try:
        words = STAGES[args.stage](Workspace(settings.data_dir), params, settings)
    except MarqueeError as error:
        sys.stderr.write(last_sentence(args.stage, error))
        return error.exit_status
    except (OSError, MemoryError) as error:  # no room, no right to a folder, not enough memory
        log.exception("The stage %s met trouble", args.stage)
        sys.stderr.write(last_sentence(args.stage, error))
        return 1
    sys.stdout.write(f"{words.rstrip()}\n")
    return 0


# Each step imports what it needs itself: no other one waits for it, and libraries take long.


def _prepare(workspace: Workspace, params: Params, _: Settings) -> str:
    from auto_deployment.training.prepare import stage

    return stage.run(workspace, params.training.prepare)


def _train(workspace: Workspace, params: Params, settings: Settings) -> str:
    from auto_deployment.training.train import stage
    from auto_deployment.training.train.engines.chosen import engine_of

    how = settings.engine
    engine = engine_of(how.engine, how.spark_master, how.spark_driver_host, params.spark)
    return stage.run(workspace, params.training, engine)


def _evaluate(workspace: Workspace, params: Params, _: Settings) -> str:
    from auto_deployment.training.evaluate import stage
    from auto_deployment.training.summary import describe

    return describe(stage.run(workspace, params.training))


def _gate(workspace: Workspace, params: Params, _: Settings) -> str:
    from auto_deployment.training.gate import stage

    result = stage.run(workspace, params.gate, params.training.train.seed)
    said = [check.sentence for check in result.failed]
    first = "The gate refuses this model." if said else "The gate lets this model pass."
    return "\n".join([first, *said, result.lists.sentence])


def _package(workspace: Workspace, params: Params, _: Settings) -> str:
    from auto_deployment.report.model_files import write_page
    from auto_deployment.training.package import stage

    metrics = stage.run(workspace)
    write_page(workspace.report_page, metrics)
    return f"{metrics['model']['version']} packaged"


def _index(workspace: Workspace, params: Params, _: Settings) -> str:
    from auto_deployment.training.index import stage

    return stage.run(workspace, params.search)


STAGES: dict[str, Callable[[Workspace, Params, Settings], str]] = {
    "prepare": _prepare,
    "train": _train,
    "evaluate": _evaluate,
    "gate": _gate,
    "package": _package,
    "index": _index,
}
