"""`release status` says whether the lists are watched, or why nobody knows, and goes on in any case."""

import json
from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.release.release import Phase
from tests.support.release.online import content, put
from tests.support.release.world import World, quick

WATCHED = (
    "├─ watched    canary 12.3 % (11.3 to 14.3) of 212 users, stable 11.9 % (10.9 to 13.9) of 871 users; "
    "joined"
)


def test_at_each_moment_of_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, measures = World(tmp_path, quick()), tmp_path / "feedback" / "measures"
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def said(*words: str) -> str:
        assert main(["release", "status", *words]) in (0, 10)
        return capsys.readouterr().out

    assert json.loads(said("--json"))["online"]["reason"].startswith("no feedback here")
    world.bake()
    assert "├─ watched    no feedback here: `feedback collect` and" in said()
    measures.mkdir(parents=True)
    assert "├─ watched    nothing of its lists is joined yet" in said()
    path = put(measures, "{")
    assert f"├─ watched    {path} is damaged (" in said()
    assert said().splitlines()[-1].startswith("└─ next       the first evaluation")
    put(measures, content(world.now))
    assert WATCHED in said()
    assert json.loads(said("--json"))["online"]["as_canary"]["tracks"][0]["users"] == 212
    world.until(Phase.PROMOTED)
    path.write_text("{", "utf-8")  # its record has them by now
    assert WATCHED in said()
    path.unlink()
    measures.rmdir()
    assert WATCHED in said()
