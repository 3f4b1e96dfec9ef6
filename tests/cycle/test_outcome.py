"""How a cycle ended, as a file."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auto_deployment.commands.cycle_wiring import last_outcome
from auto_deployment.cycle.outcome import KINDS, Outcome
from auto_deployment.paths import CycleLayout

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", KINDS)
def test_an_outcome_survives_being_written_and_read(kind: str) -> None:
    outcome = Outcome(
        kind, "gate", "So it ended.", NOW, "v1", {"version": None}, {"passed": False}, {"rmse": None},
        damaged={"a.parquet": "empty"}, new_segments=2, new_bytes=3, seconds=1.5,
    )  # fmt: skip
    assert Outcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b"7", b'{"kind": "published"}', b"\xff"])
def test_a_record_that_cannot_be_read_is_no_outcome(tmp_path: Path, content: bytes | None) -> None:
    layout = CycleLayout.below(tmp_path)
    if content is not None:
        layout.last.write_bytes(content)
    assert last_outcome(layout) is None
