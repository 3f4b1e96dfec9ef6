"""Marquee: a movie recommender that retrains and releases its own models. COMMAND --help explains each."""

# mypy: disable-error-code="no-redef"
# Each branch imports one module, all under one name.

import argparse
import logging
import os
import select
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

from auto_deployment.config import Settings, SettingsError
from auto_deployment.errors import MarqueeError
from auto_deployment.host.priority import BACKGROUND, BATCH, SERVING

COMMANDS = {
    "simulate": "write the event lines of a simulated movie platform",
    "import": "turn a ratings file or folder into segments",
    "ingest": "turn the event stream into segments, each line once",
    "export": "write the ratings as clean_rating.csv",
    "events": "show, add, correct and remove what single users did",
    "forget": "forget a user: what is held of one, and until when",
    "train": "train a model on the segments and make it current",
    "evaluate": "measure a model and write its report",
    "compare": "hold the lists of two models against each other",
    "retrain": "train on what came in, check, publish, report",
    "retain": "remove data and models of old versions",
    "check": "look at published data or a published model again",
    "fetch": "bring the model of a published version",
    "provenance": "tell where the model behind an answer comes from",
    "schedule": "run the retraining cycle every two days",
    "stage": "take one step of the flow in dvc.yaml",
    "tune": "search parameters on a validation part of the data",
    "static-list": "keep the list that NGINX itself answers with",
    "bake": "put a model where an image build takes it from",
    "release": "hand in a candidate, watch it, decide, roll back",
    "console": "pages for people: watch a release, press a button",
    "search": "find movies by words: build an index, try it",
    "fleet": "models for many hosts: the store, and a node's agent",
    "feedback": "what was shown to users, and what came of it",
    "load": "send requests with variable steps, a row a minute",
    "resources": "write what is deployed and what it uses",
    "recipe": "find the cheapest deployment that meets a goal",
    "mail": "send a mail as a test, or show one of every kind",
    "run": "serve with plain processes: NGINX, two stables, one canary",
}

BATCH_WORK = "simulate", "import", "export", "train", "evaluate", "retrain", "retain", "stage", "tune", "bake"
MEASURING = "load", "resources", "recipe"
BACKGROUND_WORK = "ingest", "static-list", "mail", "events", "forget", "feedback", "console", "fleet"
NICENESS = {"search": BATCH, **dict.fromkeys(BATCH_WORK, BATCH), **dict.fromkeys(BACKGROUND_WORK, BACKGROUND)}


def niceness(words: Sequence[str]) -> int:
    """Return how far a command waits for those who serve."""
    return NICENESS.get(words[0] if words else "", SERVING)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or failed, 2 bad input or settings.

    `import` also returns 3: too many lines would have been left out.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="marquee", description=__doc__.splitlines()[0] if __doc__ else None)
    _add(parser, COMMANDS, load, words, "command")
    args = parser.parse_args(words)
    try:
        settings = Settings.from_env()
        logging.basicConfig(
            level=settings.log_level,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            stream=sys.stderr,
        )
        status = int(args.run(args, settings))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        if not _output_has_no_reader():
            raise
        return 0
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except MarqueeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130


def _output_has_no_reader() -> bool:
    """Tell whether who read standard output has gone, as `head` does; nothing is written to it then."""
    output = sys.stdout.fileno()
    ends = select.poll()
    ends.register(output, 0)
    if not any(state & (select.POLLERR | select.POLLHUP) for _, state in ends.poll(0)):
        return False
    # Python flushes once more when it ends, and would complain then.
    os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return True


def _add(
    parser: argparse.ArgumentParser,
    known: Mapping[str, str],
    load: Callable[[str], ModuleType],
    words: Sequence[str],
    dest: str,
) -> None:
    """Add a parser for each word; only the one that is called is imported, to say what it takes."""
    subparsers = parser.add_subparsers(dest=dest, required=True, metavar=dest.upper())
    for name, summary in known.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        if words[:1] == [name]:
            module = load(name)
            if hasattr(module, "WORDS"):
                _add(subparser, module.WORDS, module.load, words[1:], "word")
            else:
                module.configure(subparser)
                subparser.set_defaults(run=module.run)


def load(word: str) -> ModuleType:
    """Import a command's module: it has `configure(parser)` and `run(args, settings) -> exit status`.

    Where a second word follows, it has `WORDS`, a table like `COMMANDS`, and a `load` of its own instead.
    """
    for words, load_one in (
        (BATCH_WORK, _load_batch_work),
        (BACKGROUND_WORK, _load_background_work),
        (MEASURING, _load_measuring),
    ):
        if word in words:
            return load_one(word)
    match word:
        case "check":
            from auto_deployment.commands import check as command
        case "compare":
            from auto_deployment.commands import compare as command
        case "fetch":
            from auto_deployment.commands import fetch as command
        case "provenance":
            from auto_deployment.commands import provenance as command
        case "schedule":
            from auto_deployment.commands import schedule as command
        case "release":
            from auto_deployment.commands import release as command
        case "search":
            from auto_deployment.commands import search as command
        case _:
            from auto_deployment.commands import run as command
    return command


def _load_background_work(word: str) -> ModuleType:
    match word:
        case "ingest":
            from auto_deployment.commands import ingest as command
        case "static-list":
            from auto_deployment.commands import static_list as command
        case "mail":
            from auto_deployment.commands import mail as command
        case "events":
            from auto_deployment.commands import events as command
        case "feedback":
            from auto_deployment.commands import feedback as command
        case "console":
            from auto_deployment.commands import console as command
        case "fleet":
            from auto_deployment.commands import fleet as command
        case _:
            from auto_deployment.commands.events import forget as command
    return command


def _load_measuring(word: str) -> ModuleType:
    match word:
        case "load":
            from auto_deployment.commands.measure import load as command
        case "resources":
            from auto_deployment.commands.measure import resources as command
        case _:
            from auto_deployment.commands.measure import recipe as command
    return command


def _load_batch_work(word: str) -> ModuleType:
    match word:
        case "simulate":
            from auto_deployment.commands import simulate as command
        case "import":
            from auto_deployment.commands import import_files as command
        case "export":
            from auto_deployment.commands import export as command
        case "train":
            from auto_deployment.commands import train as command
        case "evaluate":
            from auto_deployment.commands import evaluate as command
        case "retrain":
            from auto_deployment.commands import retrain as command
        case "retain":
            from auto_deployment.commands import retain as command
        case "stage":
            from auto_deployment.commands import stage as command
        case "tune":
            from auto_deployment.commands import tune as command
        case _:
            from auto_deployment.commands import bake as command
    return command
