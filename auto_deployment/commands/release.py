"""`release`: what can be done with releases, each word in a module of its own."""

import argparse
import importlib

from auto_deployment.config import Settings

# word -> module with `configure(parser)` and `run(args, settings) -> exit status`
WORDS = {
    "replay": ("auto_deployment.commands.release_replay", "judge a recorded release again"),
    "characteristics": (
        "auto_deployment.commands.release_characteristics",
        "simulate how often the judge is wrong, and how soon it is right",
    ),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Give each word its own parser."""
    subparsers = parser.add_subparsers(dest="word", required=True, metavar="WORD")
    for word, (module, summary) in WORDS.items():
        importlib.import_module(module).configure(
            subparsers.add_parser(word, help=summary, description=summary)
        )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what the word says."""
    return int(importlib.import_module(WORDS[args.word][0]).run(args, settings))
