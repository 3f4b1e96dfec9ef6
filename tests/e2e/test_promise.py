"""Good and bad releases, kills and a rollback under one steady load: nobody who asks notices any of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.systems.containers import Stack
from tests.support.systems.promise.run import keep_promise
from tests.support.systems.releasing import released
from tests.support.systems.seconds import LIMIT_MS

pytestmark = [pytest.mark.lab, pytest.mark.slow]

QUICK = {"judge": {"window_s": 25}}
RATE = 80.0  # a second; `scripts/promise.sh` asks 200 times, 200,000 times in all


def test_the_promise_in_short(images: Stack, tmp_path: Path, say: Callable[[str], None]) -> None:
    own, candidates = tmp_path / "released", tmp_path / "candidates"
    own.mkdir()
    candidates.mkdir()
    with released(images, own, candidates, "promise", QUICK) as releases:
        result = keep_promise(releases, RATE, 0, say)
    say(result.table())
    assert dict(result.summary.failures) == {}
    assert result.slower(LIMIT_MS) == 0, result.table()
    assert list(result.detected_s) == ["slow0001", "errs0001", "kills001"]
