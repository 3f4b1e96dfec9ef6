"""A process that makes something, and stops just before it shows it until it is told to go on: `KIND PATH`.

It says `ready` when it stands there; a byte on its standard input lets it go on.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from auto_deployment.cycle.link_segments import copy_catalog, link
from auto_deployment.host.files import StagedFile, replace_link, replace_text
from auto_deployment.training.model_folder import write_folder
from tests.support.models import Size, make_arrays, make_details, make_movies

CONTENT = "whole"


def staged(path: Path) -> None:
    with StagedFile(path) as file:
        file.file.write(CONTENT.encode())
        file.publish()


def model(path: Path) -> None:
    write_folder(path, make_arrays(Size()), make_movies(Size()), make_details(Size(), path.name))


def linked(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    (path.parent.parent / "source").write_text(CONTENT)
    link(path.parent.parent / "source", path)


def copied(path: Path) -> None:
    source = path.parent.parent / "catalogue" / f"{path.name}.parquet"
    source.parent.mkdir()
    source.write_text(CONTENT)
    copy_catalog(source.parent, path.parent)


KINDS: Mapping[str, Callable[[Path], None]] = {
    "file": staged,
    "text": lambda path: replace_text(path, CONTENT),
    "link": lambda path: replace_link(path, "somewhere"),
    "model": model,
    "linked segment": linked,
    "copied catalogue": copied,
}


def main() -> None:
    """Make it."""
    kind, path = sys.argv[1], Path(sys.argv[2])
    path.parent.mkdir(parents=True, exist_ok=True)
    for name in ("replace", "rename"):
        setattr(os, name, _pause_before(getattr(os, name)))
    KINDS[kind](path)


def _pause_before(act: Callable[..., Any]) -> Callable[..., Any]:
    def paused(*args: Any, **options: Any) -> Any:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        if not sys.stdin.read(1):
            raise SystemExit("nobody let it go on")
        return act(*args, **options)

    return paused


if __name__ == "__main__":
    main()
