"""Spark without Spark: what `Jobs` does, in this process and one partition after the other."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any


class FakeRdd:
    """Partitions of elements; `tests/cluster/test_spark.py` has the real ones."""

    def __init__(self, parts: list[list[Any]]) -> None:
        self.parts = parts

    def map(self, work: Callable[[Any], Any]) -> "FakeRdd":
        return FakeRdd([[work(one) for one in part] for part in self.parts])

    def flatMap(self, work: Callable[[Any], Iterable[Any]]) -> "FakeRdd":
        return FakeRdd([[made for one in part for made in work(one)] for part in self.parts])

    def mapValues(self, work: Callable[[Any], Any]) -> "FakeRdd":
        return self.map(lambda pair: (pair[0], work(pair[1])))

    def groupByKey(self) -> "FakeRdd":
        """Group, the last partition first: which comes first is chance."""
        groups: dict[Any, list[Any]] = {}
        for part in reversed(self.parts):
            for key, value in part:
                groups.setdefault(key, []).append(value)
        return FakeRdd([list(groups.items())])

    def persist(self) -> "FakeRdd":
        return self

    def unpersist(self) -> None:
        pass


class FakeJobs:
    """Has the verbs of `engines.spark.session.Jobs`; `steps` are the names of those that were asked for."""

    session: Any = None

    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, what: str, compute: Callable[[], Any]) -> Any:
        self.steps.append(what)
        return compute()

    def collected(self, made: FakeRdd) -> Iterator[Any]:
        return (one for part in made.parts for one in part)

    def spread(self, blocks: Iterable[Any]) -> FakeRdd:
        return FakeRdd([[one] for one in blocks])

    @contextmanager
    def shared(self, value: Any) -> Iterator[Any]:
        yield SimpleNamespace(value=value)
