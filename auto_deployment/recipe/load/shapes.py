"""How load changes from step to step: shares of its highest level, the same for the same seed."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LOW = 0.2
PERIOD = 10  # steps of a wave; also how often a spike comes
STAIRS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """For so long, so much: requests a second of open-loop load, clients of closed-loop load."""

    seconds: float
    level: float


def constant(count: int, rng: random.Random) -> list[float]:
    """All the time the highest level."""
    return [1.0] * count


def ramp(count: int, rng: random.Random) -> list[float]:
    """Each step more, the last one the highest."""
    return [(number + 1) / count for number in range(count)]


def steps(count: int, rng: random.Random) -> list[float]:
    """A quarter, a half, three quarters, all: each for a quarter of the time, as far as there are steps."""
    stairs = min(STAIRS, count)
    return [(number * stairs // count + 1) / stairs for number in range(count)]


def wave(count: int, rng: random.Random) -> list[float]:
    """Up and down between a fifth and all, once in ten steps or in all there are, from a low."""
    period = min(PERIOD, count)
    turns = [number % period / period for number in range(count)]
    return [LOW + (1 - LOW) * (1 - math.cos(2 * math.pi * turn)) / 2 for turn in turns]


def spike(count: int, rng: random.Random) -> list[float]:
    """A fifth, but in one step of ten, by chance which, all."""
    found: list[float] = []
    while len(found) < count:
        part = [LOW] * min(PERIOD, count - len(found))
        part[rng.randrange(len(part))] = 1.0
        found += part
    return found


SHAPES: Mapping[str, Callable[[int, random.Random], list[float]]] = {
    "constant": constant,
    "ramp": ramp,
    "steps": steps,
    "wave": wave,
    "spike": spike,
}


def plan(shape: str, highest: float, step_s: float, total_s: float, seed: int) -> list[Step]:
    """Cut the time into steps, the last one shorter where they do not fit, each with its level."""
    count = max(1, math.ceil(total_s / step_s - 1e-9))
    shares = SHAPES[shape](count, random.Random(seed))
    lengths = [step_s] * (count - 1) + [total_s - step_s * (count - 1)]
    return [Step(seconds, share * highest) for seconds, share in zip(lengths, shares, strict=True)]


def whole_clients(planned: Sequence[Step]) -> list[Step]:
    """Return the same with whole clients, at least one."""
    return [Step(step.seconds, float(max(1, round(step.level)))) for step in planned]


def cut(planned: Sequence[Step], window_s: float) -> list[list[Step]]:
    """Cut steps at each multiple of the window's length; return the pieces of each window."""
    windows: list[list[Step]] = [[]]
    room_s = window_s
    for step in planned:
        left_s = step.seconds
        while left_s > 1e-9:
            if room_s <= 1e-9:
                windows.append([])
                room_s = window_s
            piece_s = min(left_s, room_s)
            windows[-1].append(Step(piece_s, step.level))
            left_s, room_s = left_s - piece_s, room_s - piece_s
    return windows
