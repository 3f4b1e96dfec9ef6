"""`search quality`: how well the current index answers questions that are made of its catalogue by a rule."""

import argparse
import sys
from pathlib import Path

from auto_deployment.commands.search.shared import catalogue, current, table_document
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import replace_text
from auto_deployment.report.characteristics import replace_section
from search.asked.quality import Measured, measure
from search.build import hash_of
from search.local import LocalSearch

BEGIN, END = "<!-- quality: begin -->", "<!-- quality: end -->"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="of the questions (default: 1)")
    parser.add_argument("--questions", type=int, default=500, help="of each kind (default: 500)")
    parser.add_argument("--write", type=Path, metavar="DOCUMENT", help="put the table into docs/search.md")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the table; with --write also replace it in the document."""
    if args.questions < 1:
        raise BadInputError(f"--questions is {args.questions}: ask at least one of each kind.")
    document = args.write and table_document(args.write, BEGIN, END)
    search = current(settings)
    movies = sorted(catalogue(settings), key=lambda one: one.id)
    if hash_of(movies) != search.head.manifest["catalogue"]["hash"]:
        raise BadInputError(
            "The catalogue has changed since the index was built: run `marquee search build`."
        )
    vectors = search.embedding.embed([movie.embedded for movie in movies])
    text = table(measure(search, movies, vectors, args.seed, args.questions))
    sys.stdout.write(text)
    if document:
        section = f"{BEGIN}\n{text}\n{origin(search, args)}\n{END}"
        replace_text(args.write, replace_section(document, section, BEGIN, END))
    return 0


def table(measured: Measured) -> str:
    """Write mean reciprocal ranks as a Markdown table."""
    rows = [
        f"| {one.kind} | {one.questions} | {one.vectors:.3f} | {one.titles:.3f} | {one.fused:.3f} "
        f"| {one.first:.1%} |\n"
        for one in measured.kinds
    ]
    total = sum(one.questions for one in measured.kinds)
    first = sum(one.first * one.questions for one in measured.kinds) / total if total else 0.0
    behind = (
        f"Behind one of both alone on: {', '.join(measured.behind)}."
        if measured.behind
        else ("On no kind of question they are behind.")
    )
    means = " | ".join(f"{measured.mean(name):.3f}" for name in ("vectors", "titles", "fused"))
    return (
        "| question | asked | vectors alone | pieces of titles alone | both | first movie is meant |\n"
        "|---|---|---|---|---|---|\n"
        f"{''.join(rows)}| all | {total} | {means} | {first:.1%} |\n\n"
        f"Over all questions both together have {measured.gain:.2f} times the mean of the better one alone. "
        f"{behind}\n"
    )


def origin(search: LocalSearch, args: argparse.Namespace) -> str:
    """Say what was measured, and how to do it again."""
    manifest = search.head.manifest
    clusters, title_from = manifest["clusters"], manifest["fusion"]["title_from"]
    probed, recall = clusters["probed"], clusters["recall_at_20"]
    return (
        f"Index `{manifest['version']}` of {manifest['catalogue']['movies']:,} movies, embedding "
        f"`{manifest['embedding']['name']}`. Of {clusters['count']} clusters, {probed['facts']} are looked "
        f"into for facts, with {recall['facts']:.1%} of the 20 nearest movies, and {probed['words']} for "
        f"words, with {recall['words']:.1%}. Beside a fact, a title is meant from a cosine of {title_from:g} "
        f"on. Questions of seed {args.seed}. Again: `marquee search quality --write docs/search.md`."
    )
