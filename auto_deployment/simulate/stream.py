"""The stream of a simulated platform: lines in order of time, with the damage that was asked for."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.simulate.arrays import SECOND_US, generator
from auto_deployment.simulate.damage import Message, damage
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.platform.viewings import Life
from auto_deployment.simulate.writer import Lines, Writer

DUPLICATE_MAX_S = 30


@dataclass(frozen=True, slots=True)
class Chunk:
    """Messages in the order in which they arrive, `None` a tombstone, and when: microseconds since 1970."""

    times_us: Int64Array
    messages: list[Message]


def generate_chunks(platform: Platform, scale: tuple[float, float] = (1, 5)) -> Iterator[Chunk]:
    """Yield the stream in chunks of a workable size, the same from the same platform and scale.

    Damage draws from randomness of its own: the lines that it does not hit are what they are without it.
    """
    writer, delivery = Writer(platform), _Delivery(platform)
    for stretch in Life(platform, scale).stretches():
        yield delivery.deliver(writer.write(stretch), platform.start_us + stretch.end_us)
    yield delivery.deliver(Lines(np.empty(0, np.int64), []), np.iinfo(np.int64).max)


class _Delivery:
    """Damages lines, repeats some and holds some back."""

    def __init__(self, platform: Platform) -> None:
        self._rng = generator(platform.params.seed, "damage")
        self._shares = platform.params.damage
        self._late_max_us = platform.params.late_max_s * SECOND_US
        self._held = Chunk(np.empty(0, np.int64), [])

    def deliver(self, written: Lines, end_us: int) -> Chunk:
        """Return what arrives up to a moment, and keep what arrives later."""
        messages = damage(self._rng, written.lines, self._shares)
        late = self._rng.random(len(messages)) < self._shares.late
        delay_us = self._rng.integers(0, self._late_max_us, len(messages), endpoint=True)
        twice = np.flatnonzero(self._rng.random(len(messages)) < self._shares.duplicate)
        again_us = self._rng.integers(0, DUPLICATE_MAX_S * SECOND_US, len(twice))
        times_us = np.concatenate(
            [
                self._held.times_us,
                written.times_us + np.where(late, delay_us, 0),
                written.times_us[twice] + again_us,
            ]
        )
        messages = [*self._held.messages, *messages, *(messages[place] for place in twice.tolist())]
        order = np.argsort(times_us, kind="stable")
        now = int(np.searchsorted(times_us[order], end_us))
        self._held = _pick(times_us, messages, order[now:])
        return _pick(times_us, messages, order[:now])


def _pick(times_us: Int64Array, messages: list[Message], places: Int64Array) -> Chunk:
    return Chunk(times_us[places], [messages[place] for place in places.tolist()])
