"""The schedule brings into the model store what a cycle could not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from auto_deployment.commands import schedule
from auto_deployment.config import Settings
from auto_deployment.config.fleet import FleetSettings
from auto_deployment.cycle.outcome import PUBLISHED, Outcome
from auto_deployment.paths import CycleLayout
from auto_deployment.training.workspace import write_json
from tests.support.fleet import V1

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what grows with each attempt, which are a minute apart."""
    found: list[str] = []
    clock = iter(range(0, 10_000, 61))
    monkeypatch.setattr(schedule, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    monkeypatch.setattr(schedule, "make_cycle", lambda settings: None)
    monkeypatch.setattr(schedule, "try_to_deliver", lambda *words: found.append("tried"))
    return found


def test_it_is_tried_until_it_is_there_and_only_where_there_is_a_store(
    tmp_path: Path, asked: list[str]
) -> None:
    layout = CycleLayout.below(tmp_path)
    with_store = replace(Settings(), fleet=FleetSettings(store=str(tmp_path)))
    owed = schedule._Owed(with_store, layout)
    owed.deliver()
    assert asked == []  # nothing was published
    write_json(layout.last_published, Outcome(PUBLISHED, "", "", NOW, version=V1).to_json())
    schedule._Owed(Settings(), layout).deliver()
    assert asked == []  # there is no store
    owed.deliver()
    owed.deliver()
    assert len(asked) == 2
    layout.delivered.write_text(f"{V1}\n", "utf-8")
    owed.deliver()
    assert len(asked) == 2
