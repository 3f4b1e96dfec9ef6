"""What the commands that measure share: options, and where their files go."""

import argparse
import os
import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import StagedFile
from auto_deployment.paths import Paths
from auto_deployment.recipe.errors import RecipeError

T = TypeVar("T")


def word(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse say what a reader of words refuses."""

    def read_option(text: str) -> T:
        try:
            return read(text)
        except BadInputError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read_option


def seed(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise BadInputError(f"{text!r} is no whole number of 0 or more")
    return int(text)


def out_file(given: Path | None, settings: Settings, kind: str) -> Path:
    """Return a CSV file to write; raise `BadInputError` for a name that the plot beside it would have."""
    path = given or Paths(settings.data_dir).recipe / f"{kind}-{now()}.csv"
    if path.is_dir() or path.suffix == ".svg":
        raise BadInputError(
            f"{path} is a folder or the plot's name: name a file for the table with --out, as in load.csv."
        )
    return path


def now() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def add_platform(parser: argparse.ArgumentParser) -> None:
    """Add where the deployment is: a Compose project or a namespace of Kubernetes."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--project", metavar="NAME", help="of Compose (default: as Compose names it here)")
    kubernetes = "of Kubernetes, in place of a Compose project; kubectl knows the cluster"
    where.add_argument("--namespace", type=word(_namespace), metavar="NAME", help=kubernetes)


def _namespace(text: str) -> str:
    if not re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text):
        raise BadInputError(f"{text!r} is no name of a namespace")
    return text


def project(given: str | None) -> str:
    """Return the Compose project: --project, or what Compose itself would take in this folder."""
    name = (
        given or os.environ.get("COMPOSE_PROJECT_NAME") or re.sub("[^a-z0-9_-]", "", Path.cwd().name.lower())
    )
    if not re.fullmatch("[a-z0-9][a-z0-9_-]*", name):
        raise BadInputError(f"{name!r} is no name of a Compose project: name it with --project.")
    return name


def ended_by_sigterm() -> None:
    """Let SIGTERM end as Ctrl-C does: what was started is ended, too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that appears whole; raise `RecipeError` when it cannot."""
    try:
        with StagedFile(path) as staged:
            staged.file.write(content)
            staged.publish()
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be written ({error.strerror}): make room, or name another --out."
        ) from error
