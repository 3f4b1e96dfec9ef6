"""Load by siege (Debian package `siege`), for those who compare with figures that it gave them before."""

import os
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from auto_deployment.host.processes import end_with_parent
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.load.figures import Window
from auto_deployment.recipe.load.reports import Report
from auto_deployment.recipe.load.sender import Audience
from auto_deployment.recipe.load.shapes import Step

USERS_IN_FILE = 5_000
ENDS_WITHIN_S = 15.0  # after its time, beside the time-out of a request
LINE = re.compile(r"HTTP/[\d.]+ (\d{3})\s+([\d.]+) secs")
SETTINGS = """\
verbose = true
color = off
quiet = false
show-logfile = false
logging = false
protocol = HTTP/1.1
parser = false
connection = keep-alive
benchmark = true
internet = true
timeout = {timeout_s}
failures = 100000000
limit = 1000
json_output = false
no-follow = true
cache = false
gmethod = GET
csv = false
timestamp = false
"""


def send_by_siege(audience: Audience, windows: Sequence[Sequence[Step]], report: Report) -> None:
    """Run siege once for each piece of a window, with as many clients as it says."""
    program = shutil.which("siege")
    if program is None:
        raise RecipeError("There is no siege here: apt-get install siege, or leave out --engine siege.")
    with tempfile.TemporaryDirectory(prefix="marquee-siege-") as name:
        folder = Path(name)
        _write(folder, audience)
        for number, pieces in enumerate(windows):
            window = Window()
            for step in pieces:
                _add(window, *_run(program, folder, step, audience.timeout_s))
            report(number, window)


def _write(folder: Path, audience: Audience) -> None:
    rng = random.Random(audience.seed)
    urls = audience.urls(rng)
    # A user for each line; which line is asked next is siege's own choice.
    (folder / "urls").write_text("".join(f"{next(urls)}\n" for _ in range(USERS_IN_FILE)), "utf-8")
    settings = SETTINGS.format(timeout_s=max(1, round(audience.timeout_s)))
    (folder / "siegerc").write_text(settings, "ascii")


def _run(program: str, folder: Path, step: Step, timeout_s: float) -> tuple[str, str]:
    """Return what siege says of each request, and at its end."""
    words = [program, f"--rc={folder / 'siegerc'}", f"--file={folder / 'urls'}"]
    words += [f"--concurrent={step.level:.0f}", f"--time={step.seconds:.0f}S"]
    # It writes into its user's home, which is not ours to change.
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace", env={**os.environ, "HOME": str(folder)}, preexec_fn=end_with_parent(),
    )  # fmt: skip
    try:
        return process.communicate(timeout=step.seconds + timeout_s + ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        raise RecipeError(
            "siege did not end in its time: is the service away? Try without --engine siege."
        ) from None
    finally:
        process.kill()
        process.wait()


def _add(window: Window, lines: str, summary: str) -> None:
    """Read siege's words. It tells hundredths of a second, and its last requests have no line."""
    found = LINE.findall(lines)
    answered = [1000 * float(seconds) for status, seconds in found if status == "200"]
    successful = int(_total(summary, "Successful transactions"))
    window.answered_ms += answered
    window.untimed += max(0, successful - len(answered))
    # What has a status of 400 or more is a transaction for siege, and no failure.
    requests = _total(summary, "Transactions") + _total(summary, "Failed transactions")
    window.failed += max(0, int(requests) - successful)
    window.busy_s += sum(float(seconds) for _, seconds in found)
    window.seconds += _total(summary, "Elapsed time")


def _total(summary: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+([\d.]+)", summary, re.MULTILINE)
    if not found:
        last = (summary.strip().splitlines() or ["nothing"])[-1]
        raise RecipeError(
            f"siege said {last!r} instead of its figures: try it by hand, or leave out --engine siege."
        )
    return float(found[1])
