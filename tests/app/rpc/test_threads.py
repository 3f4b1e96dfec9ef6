"""Threads that wait for somebody hold nobody up, and are no more than needed."""

import threading

from app.rpc.threads import Threads
from tests.support.waiting import eventually


def names() -> int:
    return sum(thread.name == "call" for thread in threading.enumerate())


def test_work_goes_on_while_as_many_threads_as_usual_wait() -> None:
    before = names()
    threads = Threads(2, most=4)
    free, done = threading.Event(), threading.Event()
    for _ in range(2):
        threads.submit(free.wait)
    threads.submit(done.set)
    threads.look()  # sees that nothing is begun since it looked
    threads.look()
    assert done.wait(60)
    free.set()
    eventually(lambda: names() == before + 2)  # the one that was added has gone


def test_there_are_never_more_than_the_most() -> None:
    before = names()
    threads = Threads(1, most=3)
    free = threading.Event()
    for _ in range(10):
        threads.submit(free.wait)
        threads.look()
        threads.look()
    assert names() <= before + 3
    free.set()
    assert threads.submit(int).done()
