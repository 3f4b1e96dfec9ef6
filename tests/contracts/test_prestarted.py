"""What starts beside other tests: they do not notice, and those that need it get it or its error."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.systems.prestarted import Early


class System:
    """Starts when it is let, and writes down what happens to it."""

    def __init__(self) -> None:
        self.may_start, self.done = threading.Event(), list[str]()

    @contextmanager
    def running(self) -> Iterator[str]:
        assert self.may_start.wait(20)
        self.done.append("start")
        try:
            yield "it"
        finally:
            self.done.append("end")


def test_nobody_waits_for_its_start_but_who_asks_for_it() -> None:
    system = System()
    early = Early(system.running)
    early.start()
    assert system.done == []
    system.may_start.set()
    assert early.get() == early.get() == "it"
    early.close()
    assert system.done == ["start", "end"]


def test_it_starts_when_asked_for_at_the_latest() -> None:
    system = System()
    system.may_start.set()
    early = Early(system.running)
    assert early.get() == "it"
    early.close()
    assert system.done == ["start", "end"]


def test_what_nobody_has_asked_for_is_ended_as_well() -> None:
    system = System()
    early = Early(system.running)
    early.start()
    system.may_start.set()
    early.close()
    assert system.done == ["start", "end"]


def test_what_is_not_started_is_not_ended() -> None:
    system = System()
    Early(system.running).close()
    assert system.done == []


@pytest.mark.parametrize("raised", [OSError("no port is free"), pytest.fail.Exception("there is no sshd")])
def test_an_error_of_its_start_is_that_of_whoever_asks(raised: BaseException) -> None:
    @contextmanager
    def failing() -> Iterator[str]:
        raise raised
        yield

    early = Early(failing)
    early.start()
    for _ in range(2):
        with pytest.raises(type(raised), match=str(raised)):
            early.get()
    early.close()
