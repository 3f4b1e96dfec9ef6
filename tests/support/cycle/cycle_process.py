"""One retraining cycle in a process of its own, which ends itself like a power cut where it is told to.

`python -m tests.support.cycle.cycle_process ROOT MINUTE [STEP]`; STEP: its name, `half-upload`, nothing. The
variable CONTINUE_FROM names a version to continue from.
"""

import logging
import os
import signal
import sys
from pathlib import Path

from auto_deployment.publish.data_versions import DataVersions
from tests.support.cycle.home import CycleHome


def main() -> None:
    """Run it; print how it ended."""
    root, minute, *at = sys.argv[1:]
    os.environ["CYCLE_PROCESS"] = str(os.getpid())  # so that a hook of the git remote can end us
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    if at == ["half-upload"]:
        DataVersions.push = upload_half  # type: ignore[assignment,method-assign]  # a kill in its midst
    outcome = CycleHome(Path(root)).cycle(
        int(minute),
        step=lambda name: end() if [name] == at else None,
        continue_from=os.environ.get("CONTINUE_FROM") or None,
    )
    sys.stdout.write(f"{outcome.kind}: {outcome.sentence}\n")


def upload_half(data: DataVersions) -> None:
    data._commands.dvc("push", "--quiet", "data/segments", "learn")
    end()


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
