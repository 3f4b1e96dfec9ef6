"""A DVC that stays: it takes one command after another, and so is loaded once for all of them.

Run by `Commands.with_dvc_loaded` as a file, so that nothing of ours is loaded. Each line that comes in is a
request, JSON with the folder, the words and the files for what is printed and complained; the answer is a
line with the exit status. It ends with its input.
"""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

# The flow's steps are forks of one process, whose imports go on while DVC looks at what came in.
FORKING, STEPS = Path("auto_deployment/host/forks.py"), "auto_deployment.commands.stage"
ENVIRON, ADDRESS = "MARQUEE_FORKS", ".dvc/tmp/forks"


def status_of(words: Sequence[str]) -> int:
    """Run one command as `python -m dvc` would; return its exit status."""
    sys.argv = ["dvc", *words]
    try:
        runpy.run_module("dvc", run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    return 0


def start_forks(folder: Path) -> Callable[[], object]:
    """Start what steps are forked from, with the code of this folder, where that has it; return what ends it.

    It ends with us in any case; only who waits for it knows what it took.
    """
    if not (folder / FORKING).exists():
        return lambda: None
    (folder / ADDRESS).parent.mkdir(parents=True, exist_ok=True)
    # Threads of these libraries would keep it from forking; the steps use one of BLAS anyway.
    alone = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    reads, writes = os.pipe()  # never written to; it closes with this process
    forking = subprocess.Popen(
        [sys.executable, "-m", STEPS, ADDRESS],
        cwd=folder,
        env={**os.environ, **alone},
        stdin=reads,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(reads)
    os.environ[ENVIRON] = ADDRESS

    def end() -> None:
        os.close(writes)
        forking.wait()

    return end


def main() -> None:
    # Copies that no program of a stage inherits; it finds nothing to read, and writes into the files.
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    with suppress(ImportError):  # meanwhile nobody waits
        import dvc.cli.parser  # type: ignore[import-untyped]
        import dvc.repo.reproduce  # type: ignore[import-untyped]  # noqa: F401
    end_forks = None
    for line in requests:
        request = json.loads(line)
        for number, name in enumerate((request["out"], request["err"]), 1):
            file = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(file, number)
            os.close(file)
        os.chdir(request["folder"])
        if end_forks is None:
            end_forks = start_forks(Path(request["folder"]))
        status = status_of(request["words"])
        sys.stdout.flush()
        sys.stderr.flush()
        answers.write(f"{status}\n")
        answers.flush()
    if end_forks is not None:
        end_forks()


if __name__ == "__main__":
    main()
