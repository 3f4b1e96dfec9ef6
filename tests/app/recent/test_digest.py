"""Whether instances hold the same shows in one line, however they came to it."""

from pathlib import Path

import pytest

from app.recent.digest import digest_of, held, main
from app.recent.events import RecentEvent
from app.recent.opening import open_store
from app.recent.rows import HOUR_S
from app.recent.store import HeldTitle

NOW = 1_790_000_000
EVENTS = [RecentEvent(NOW + HOUR_S * n, n % 9, f"film+{n % 7}", finished=n % 2 > 0) for n in range(60)]


def store(folder: Path, events: list[RecentEvent]) -> Path:
    made = open_store(folder, 32)
    for event in events:
        made.apply([event], 0)
    made.close()
    return folder


def test_the_same_in_another_order_and_twice_is_the_same(tmp_path: Path) -> None:
    one = store(tmp_path / "one", EVENTS)
    other = store(tmp_path / "other", EVENTS[::-1] + EVENTS[:20])
    assert held(one) == held(other)
    assert digest_of(held(one)) == digest_of(held(other))


@pytest.mark.parametrize(
    "more",
    [
        RecentEvent(NOW, 10, "film+1"),
        RecentEvent(NOW, 0, "film+8"),
        RecentEvent(NOW + 99 * HOUR_S, 0, "film+0"),
        RecentEvent(NOW, 0, "film+0", rating=4.0),
    ],
)
def test_one_event_more_is_another(tmp_path: Path, more: RecentEvent) -> None:
    one, other = store(tmp_path / "one", EVENTS), store(tmp_path / "other", [*EVENTS, more])
    assert digest_of(held(one)) != digest_of(held(other))


def test_what_is_printed_and_where_there_is_no_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(str(store(tmp_path / "one", [RecentEvent(HOUR_S * 7, 3, "heat+1995", rating=2.0)]))) == 0
    sha256 = digest_of([HeldTitle(3, "heat+1995", 7, False, 60)]).sha256
    assert capsys.readouterr().out == f"{sha256} 1 users 1 events\n"
    assert main(str(tmp_path)) == 1
    assert "give the RECENT_DIR of an instance" in capsys.readouterr().err
