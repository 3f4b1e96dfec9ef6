"""One cycle at a time: who holds the lock, since when, and what becomes of it when its holder is killed."""

import os
import socket
from datetime import UTC, datetime, timedelta

import pytest

from auto_deployment.cycle.outcome import PUBLISHED
from auto_deployment.host.locks import BusyError, describe_owner, only_one
from tests.support.cycle.home import CycleHome
from tests.support.waiting import eventually

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "7 host 2026-03-01T11:15:00+00:00\n",
            "process 7 on host, for 45 min, since 2026-03-01T11:15:00+00:00",
        ),
        ("7\n", "process 7"),
        ("", "process unknown"),
        ("7 host yesterday\n", "process 7"),
        ("7 host 2026-03-01T11:15:00\n", "process 7"),
    ],
)
def test_the_owner_of_a_lock_is_described_by_what_it_wrote(text: str, said: str) -> None:
    assert describe_owner(text, NOW) == said


def test_a_second_cycle_is_refused_and_told_who_is_at_it_and_since_when(one: CycleHome) -> None:
    one.hook(
        "pre-receive", '#!/bin/sh\ntouch "$GIT_DIR/here"\nwhile [ ! -e "$GIT_DIR/go" ]; do sleep 0.1; done\n'
    )
    one.arrive("second")
    first = one.start(1)
    try:
        eventually((one.bare / "here").exists, 300)
        with pytest.raises(BusyError) as refused:
            one.cycle(2)
        assert f"process {first.pid} on {socket.gethostname()}, for " in str(refused.value)
        assert "A retraining cycle already runs on" in str(refused.value)
    finally:
        (one.bare / "go").touch()
        said, _ = first.communicate(timeout=300)
    assert first.returncode == 0
    assert f"{PUBLISHED}: " in said
    assert len(one.versions()) == 2
    assert one.gaps() == []


def test_the_lock_of_a_holder_that_was_killed_is_free(one: CycleHome) -> None:
    process = one.start(1, "refresh")
    process.communicate(timeout=300)
    assert one.layout.lock.read_text("utf-8").startswith(f"{process.pid} ")
    with only_one(one.layout.lock, "Another"):
        pid, host, since = one.layout.lock.read_text("utf-8").split()
    assert (pid, host) == (str(os.getpid()), socket.gethostname())
    assert datetime.now(UTC) - datetime.fromisoformat(since) < timedelta(hours=1)
