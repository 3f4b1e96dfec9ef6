"""Looking after a run: one thing that fails does not end it."""

import io
import logging
from collections import Counter

import pytest

from auto_deployment.local.live import RequestCounts
from auto_deployment.local.screen import Screen
from auto_deployment.local.watch import look_after


class FakeRequests:
    """Wants everything stopped after a number of waits."""

    def __init__(self, waits: int) -> None:
        self._left = waits

    def is_set(self) -> bool:
        return self._left == 0

    def wait(self, timeout_s: float) -> bool:
        self._left -= 1
        return self.is_set()


class FakeSession:
    """Fails at its second step; a request comes in at each."""

    def __init__(self) -> None:
        self.traffic = RequestCounts()
        self.steps = 0

    def down(self) -> list[str]:
        return []

    def step(self) -> None:
        self.steps += 1
        self.traffic.by_track += Counter(stable=1)
        if self.steps == 2:
            raise OSError(28, "No space left on device")


def test_a_step_that_fails_is_logged_with_its_traceback_and_the_run_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    session = FakeSession()
    look_after(session, Screen(io.StringIO()), FakeRequests(4))
    assert session.steps == 4
    assert caplog.text.count("Traceback") == 1
    assert "No space left on device" in caplog.text


def test_away_from_a_terminal_the_line_comes_every_ten_seconds_and_only_when_it_changed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    look_after(FakeSession(), Screen(io.StringIO()), FakeRequests(4))
    assert [record.message for record in caplog.records if "stable" in record.message] == [
        "0.0 requests/s | p99 - | stable 1 | canary 0 (0.0 %) | static 0 | refused 0 | retried 0"
    ]
