"""When the open batch becomes a segment, as those are told who wait for it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.ingest.open_since import note, when_closed

NOW = datetime(2026, 3, 1, 14, 3, tzinfo=UTC)
IN_GENERAL = "ingest closes its next segment at the latest 5 min after the first event"


def test_a_batch_that_is_open_is_closed_at_its_age(tmp_path: Path) -> None:
    note(tmp_path / "open", NOW - timedelta(minutes=2))
    assert when_closed(tmp_path / "open", 300, NOW) == "ingest closes its next segment at 14:06 UTC"


@pytest.mark.parametrize("content", [None, "", "soon\n", "2026-03-01T14:02:00\n", "\0"])
def test_what_is_not_known_is_said_in_general(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "open").write_text(content)
    assert when_closed(tmp_path / "open", 300, NOW) == IN_GENERAL


@pytest.mark.parametrize("ago", [timedelta(minutes=5), timedelta(days=2), -timedelta(seconds=1)])
def test_a_batch_that_died_with_its_ingest_promises_nothing(tmp_path: Path, ago: timedelta) -> None:
    note(tmp_path / "open", NOW - ago)
    assert when_closed(tmp_path / "open", 300, NOW) == IN_GENERAL


def test_a_full_disk_keeps_nobody_from_taking_lines(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    note(tmp_path / "file" / "open", NOW)
