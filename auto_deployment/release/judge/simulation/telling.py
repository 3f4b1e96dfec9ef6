"""When the judge is told of lists and of what came of them: some time later, perhaps all at once."""

from dataclasses import dataclass, replace

import numpy as np

from auto_deployment.release.judge.sequential import Counts
from auto_deployment.release.judge.simulation.users import Met


@dataclass(frozen=True, slots=True)
class Telling:
    """How much later, in minutes."""

    watch_after: int  # from the list to the watch
    told_after: int  # until feedback has counted what happened
    told_every: int = 0  # what happened is told all at once so often; 0: all the time


USUAL = Telling(watch_after=30, told_after=8)


def told(met: Met, telling: Telling) -> Met:
    """Return what was met, with lists and watches at the ticks at which the judge is told of them."""
    columns, late = met.columns, telling.told_after
    return replace(
        met,
        columns=replace(
            columns,
            shown=_gathered(_later(columns.shown, late), telling.told_every),
            watched=_gathered(_later(columns.watched, telling.watch_after + late), telling.told_every),
        ),
    )


def _later(counts: Counts, ticks: int) -> Counts:
    ticks = min(ticks, counts.shape[-1])
    return np.concatenate([np.zeros_like(counts[:, :ticks]), counts[:, : counts.shape[-1] - ticks]], axis=-1)


def _gathered(counts: Counts, every: int) -> Counts:
    """Move counts to the last tick of each stretch."""
    if not every:
        return counts
    total, gathered = np.cumsum(counts, axis=-1), np.zeros_like(counts)
    ends = np.arange(every - 1, counts.shape[-1], every)
    gathered[:, ends] = np.diff(total[:, ends], axis=-1, prepend=0)
    return gathered
