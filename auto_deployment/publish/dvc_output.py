"""Find a stage's own sentence in the output of DVC. Pure."""

import re

SAID = re.compile(r"^marquee stage (?P<stage>\w+): (?P<sentence>.+)$", re.MULTILINE)
FAILED = re.compile(r"failed to reproduce '(?P<stage>[^']+)'.*exited with (?P<status>-?\d+)")
KILLED = ("-9", "137")  # as Python and as a shell count the kernel's SIGKILL


def last_sentence(stage: str, error: BaseException) -> str:
    """Return the line that a stage ends with, to be found by `explained`."""
    said = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        said = f"Memory ran out ({said or 'no more is said'}): give it more, or train on less."
    return f"marquee stage {stage}: {said}\n"


def explained(failure: str, output: str) -> str | None:
    """Return why the flow stopped: the stage's own sentence first, then the tool's words.

    `failure` is what the tool's end is called, `output` all that it and the stages said. None: nothing of it
    can be told apart.
    """
    errors = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    behind = f"{failure}: {' '.join(errors)}" if errors else failure
    if sentence := _sentence(output):
        return f"{sentence} ({behind})"
    return behind if errors else None


def _sentence(output: str) -> str | None:
    if said := SAID.findall(output):
        return str(said[-1][1])
    failed = FAILED.search(output)
    if failed and failed["status"] in KILLED:
        what = f"The stage {failed['stage']} was killed, most likely because memory ran out"
        return f"{what}: give it more, or train on less."
    return None
