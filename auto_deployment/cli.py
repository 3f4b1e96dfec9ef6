"""Marquee: a movie recommender that retrains and releases its own models. COMMAND --help explains each."""

import argparse
import importlib
import logging
import sys
from collections.abc import Mapping, Sequence

from auto_deployment.config import Settings, SettingsError
from auto_deployment.errors import MarqueeError
from auto_deployment.host.priority import BACKGROUND, BATCH, SERVING

# command -> module with `configure(parser)` and `run(args, settings) -> exit status`; where a second word
# follows, the module has `WORDS`, a table like this one, in place of both
COMMANDS = {
    "simulate": ("auto_deployment.commands.simulate", "write the event lines of a simulated movie platform"),
    "import": ("auto_deployment.commands.import_files", "turn a ratings file or folder into segments"),
    "ingest": ("auto_deployment.commands.ingest", "turn the event stream into segments, each line once"),
    "export": ("auto_deployment.commands.export", "write the ratings as clean_rating.csv"),
    "train": ("auto_deployment.commands.train", "train a model on the segments and make it current"),
    "evaluate": ("auto_deployment.commands.evaluate", "measure a model and write its report"),
    "retrain": ("auto_deployment.commands.retrain", "train on what came in, check, publish, report"),
    "retain": ("auto_deployment.commands.retain", "remove data and models of old versions"),
    "check": ("auto_deployment.commands.check", "look at published data or a published model again"),
    "fetch": ("auto_deployment.commands.fetch", "bring the model of a published version"),
    "provenance": ("auto_deployment.commands.provenance", "tell where the model behind an answer comes from"),
    "schedule": ("auto_deployment.commands.schedule", "run the retraining cycle every two days"),
    "stage": ("auto_deployment.commands.stage", "take one step of the flow in dvc.yaml"),
    "tune": ("auto_deployment.commands.tune", "search parameters on a validation part of the data"),
    "static-list": ("auto_deployment.commands.static_list", "keep the list that NGINX itself answers with"),
    "bake": ("auto_deployment.commands.bake", "put a model where an image build takes it from"),
    "release": ("auto_deployment.commands.release", "hand in a candidate, watch it, decide, roll back"),
    "mail": ("auto_deployment.commands.mail", "send a mail as a test, or show one of every kind"),
    "run": ("auto_deployment.commands.run", "serve with plain processes: NGINX, two stables, one canary"),
}

BATCH_WORK = {
    "simulate",
    "import",
    "export",
    "train",
    "evaluate",
    "retrain",
    "retain",
    "stage",
    "tune",
    "bake",
}
BACKGROUND_WORK = {"ingest", "static-list", "mail"}
NICENESS = {**dict.fromkeys(BATCH_WORK, BATCH), **dict.fromkeys(BACKGROUND_WORK, BACKGROUND)}


def niceness(words: Sequence[str]) -> int:
    """Return how far a command waits for those who serve."""
    return NICENESS.get(words[0] if words else "", SERVING)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or failed, 2 bad input or settings."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="marquee", description=__doc__.splitlines()[0] if __doc__ else None)
    _add(parser, COMMANDS, words, "command")
    args = parser.parse_args(words)
    try:
        settings = Settings.from_env()
        logging.basicConfig(
            level=settings.log_level,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            stream=sys.stderr,
        )
        return int(args.run(args, settings))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except MarqueeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130


def _add(
    parser: argparse.ArgumentParser,
    known: Mapping[str, tuple[str, str]],
    words: Sequence[str],
    dest: str,
) -> None:
    """Add a parser for each word; only the one that is called is imported, to say what it takes."""
    subparsers = parser.add_subparsers(dest=dest, required=True, metavar=dest.upper())
    for name, (module_name, summary) in known.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        if words[:1] == [name]:
            module = importlib.import_module(module_name)
            if hasattr(module, "WORDS"):
                _add(subparser, module.WORDS, words[1:], "word")
            else:
                module.configure(subparser)
                subparser.set_defaults(run=module.run)
