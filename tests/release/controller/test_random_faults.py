"""Whatever fails and whoever asks for whatever, in any order: in the end everything is as the records say.

`python -m benchmarks soak` lives through hundreds of seeds.
"""

from pathlib import Path

import pytest

from tests.support.release.random_faults import live_through


@pytest.mark.parametrize("seed", range(12))
def test_in_the_end_everything_is_as_the_records_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    live_through(tmp_path, monkeypatch, seed)
