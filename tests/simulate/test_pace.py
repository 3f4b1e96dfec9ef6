"""Lines are held back until their time has come."""

import numpy as np
import pytest

from auto_deployment.simulate.pace import pace
from auto_deployment.simulate.stream import Chunk


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now_s += seconds


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, [0, 2, 2, 5]), (10.0, [0, 0.2, 0.2, 0.5])])
def test_lines_come_when_they_are_due(speed: float, seconds: list[float]) -> None:
    chunks = [Chunk(np.array([7_000_000, 9_000_000, 9_000_000]), [b"a", b"b", None])]
    chunks += [Chunk(np.empty(0, np.int64), []), Chunk(np.array([12_000_000]), [b"d"])]
    clock, seen = Clock(), []
    for batch in pace(chunks, speed, clock, clock.sleep):
        seen += [(message, round(clock.now_s - 1000, 6)) for message in batch]
    assert [message for message, _ in seen] == [b"a", b"b", None, b"d"]
    assert [when for _, when in seen] == pytest.approx(seconds, abs=1e-5)


def test_a_slow_reader_gets_what_became_due_meanwhile_at_once() -> None:
    chunk = Chunk(np.arange(5) * 1_000_000, [b"%d" % number for number in range(5)])
    clock = Clock()
    batches = pace([chunk], 1.0, clock, clock.sleep)
    assert next(batches) == [b"0"]
    clock.now_s += 3.5
    assert next(batches) == [b"1", b"2", b"3"]
    assert next(batches) == [b"4"]
    assert clock.now_s == pytest.approx(1004)


def test_what_lies_before_the_beginning_comes_at_once_and_the_rest_in_its_time() -> None:
    chunk = Chunk(np.array([1_000_000, 90_000_000, 100_000_000, 103_000_000]), [b"a", b"b", b"c", b"d"])
    clock = Clock()
    batches = pace([chunk], 1.0, clock, clock.sleep, begin_us=100_000_000)
    assert next(batches) == [b"a", b"b", b"c"]
    assert clock.now_s == 1000
    assert next(batches) == [b"d"]
    assert clock.now_s == pytest.approx(1003)
