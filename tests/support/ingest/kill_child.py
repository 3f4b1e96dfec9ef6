"""One life in `tests.support.ingest.kills`: `ingest` that may kill itself at a chosen moment."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from auto_deployment.config import Settings
from auto_deployment.dataset.segments import JOINED
from auto_deployment.ingest.listener import Clocks
from auto_deployment.ingest.process import ListenOptions, listen
from auto_deployment.params import load_params

RANDOM = "at a random moment"
SYNCED = "between sync and rename of a batch"
RENAMED = "after a rename of a batch"
JOINING = "between sync and rename of a joined segment"
REMOVING = "while joined segments are removed"
MOMENTS = (RANDOM, SYNCED, RENAMED, JOINING, REMOVING)


def main(moment: str, countdown: int, day: int, max_lines: int) -> None:
    """Listen until killed, the `countdown`th time at the moment, `day` days from now by the calendar."""
    settings = Settings.from_env()
    params = load_params(settings.params_file).ingest
    params = replace(params, batch=replace(params.batch, max_lines=max_lines))
    _arm(moment, countdown)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    clocks = Clocks(now=lambda: datetime.now(UTC) + timedelta(days=day))
    listen(settings, params, ListenOptions(), threading.Event(), clocks)


def _arm(moment: str, countdown: int) -> None:
    left = countdown

    def pass_by() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if moment in (SYNCED, JOINING, RENAMED):
        _wrap_replace(pass_by, joined=moment == JOINING, before=moment != RENAMED)
    elif moment == REMOVING:
        _wrap_unlink(pass_by)


def _wrap_replace(pass_by: Callable[[], None], joined: bool, before: bool) -> None:
    replace_file = os.replace

    def replace_or_die(source: Any, target: Any) -> None:
        counts = str(target).endswith(".parquet") and (JOINED in str(target)) == joined
        if counts and before:
            pass_by()
        replace_file(source, target)
        if counts and not before:
            pass_by()

    patch.object(os, "replace", replace_or_die).start()


def _wrap_unlink(pass_by: Callable[[], None]) -> None:
    unlink = Path.unlink

    def unlink_and_die(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok)
        if path.suffix == ".parquet" and path.parent.name == "segments":
            pass_by()

    patch.object(Path, "unlink", unlink_and_die).start()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
