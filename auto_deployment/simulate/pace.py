"""Holding lines back until their time has come."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from auto_deployment.simulate.damage import Message
from auto_deployment.simulate.stream import Chunk


def pace(
    chunks: Iterable[Chunk],
    speed: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    begin_us: int | None = None,
) -> Iterator[list[Message]]:
    """Yield what is due, then sleep until there is more; `clock` counts seconds, a `speed` of 1 is real time.

    The simulated time begins at `begin_us` (microseconds since 1970), by default with the first line: what
    lies before is due at once. Being late is made up for: the lines that became due come together.
    """
    begin_s, first_us = clock(), begin_us
    for chunk in chunks:
        place = 0
        while place < len(chunk.messages):
            first_us = chunk.times_us[0] if first_us is None else first_us
            now_us = first_us + (clock() - begin_s) * speed * 1e6
            due = int(np.searchsorted(chunk.times_us, now_us, side="right"))
            if due > place:
                yield chunk.messages[place:due]
                place = due
            else:
                sleep(float(chunk.times_us[place] - now_us) / speed / 1e6)
