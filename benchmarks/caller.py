"""A program that asks through the client: `python -m benchmarks.caller ADDRESS SECONDS THREADS PER_S FILE`.

`PYTHONPATH` names the folder `client`. Writes a row for each call: when it began by the machine's
monotonic clock, how long it took, how it ended, its processor time.
"""

import json
import sys
import threading
import time
from pathlib import Path

from marquee_client import NoAnswerError, Recommender

FALLBACK = [f"own+{number}" for number in range(20)]


def main(address: str, seconds: float, threads: int, per_s: float, file: Path) -> None:
    """Ask at a steady pace, from several threads; one that waits is behind, and does not make up for it."""
    rows: list[tuple[float, float, str, float]] = []
    end_s = time.monotonic() + seconds
    with Recommender(address, FALLBACK, raise_on_failure=True) as client:

        def ask(number: int) -> None:
            user = number
            while (began_s := time.monotonic()) < end_s:
                user += threads
                rows.append((began_s, *timed(client, user % 50)))
                time.sleep(max(0.0, began_s + threads / per_s - time.monotonic()))

        asking = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
    file.write_text(json.dumps(sorted(rows)), "utf-8")


def timed(client: Recommender, user: int) -> tuple[float, str, float]:
    """Return how long a call took, its outcome, and its processor time."""
    began_s, processor_s, outcome = time.perf_counter(), time.thread_time(), "answered"
    try:
        client.recommend(user)
    except NoAnswerError as error:
        outcome = error.outcome
    return time.perf_counter() - began_s, outcome, time.thread_time() - processor_s


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5]))
