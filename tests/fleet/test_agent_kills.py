"""An agent that is killed anywhere: what is visible is whole, and something is always served.

`FLEET_KILLS=50` kills more often than the gate has time for.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.artifact import load
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.store import ModelStore
from tests.support.fleet import NOW, V1, V2, V3, model
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

KILLS = int(os.environ.get("FLEET_KILLS", "4"))
QUICK = {"poll_s: 5  ": "poll_s: 0.05", "rate_max_mb_s: 0  ": "rate_max_mb_s: 0.1", "keep: 2  ": "keep: 0"}


class Killed:
    """A store whose channel moves, and an agent of it that dies."""

    def __init__(self, folder: Path) -> None:
        (folder / "store").mkdir()
        self.store = ModelStore(FolderFiles(folder / "store"), "recommender")
        for number, version in enumerate((V1, V2, V3)):
            self.store.publish(model(folder / "models", version, seed=number))
        text = (PROJECT / "params.yaml").read_text("utf-8")
        head, section = text.split("\nfleet:")
        for shipped, quick in (*QUICK.items(), ("min_free_mb: 500", "min_free_mb: 0")):
            assert shipped in section
            section = section.replace(shipped, quick)
        (folder / "params.yaml").write_text(f"{head}\nfleet:{section}", "utf-8")
        self.home = folder / "node" / "recommender"
        self.link = self.home / "channels" / "stable"
        self.environ = {
            **os.environ, "MODEL_STORE": str(folder / "store"), "FLEET_DIR": str(folder / "node"),
            "FLEET_CHANNELS": "stable", "PARAMS_FILE": str(folder / "params.yaml"),
            "FLEET_METRICS_PORT": str(free_port()),
        }  # fmt: skip

    def agent(self, *words: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "auto_deployment", "fleet", "agent", *words]
        return subprocess.Popen(command, cwd=PROJECT, env=self.environ, stderr=subprocess.DEVNULL)

    def begun(self) -> bool:
        """Tell whether something is being brought."""
        return any((self.home / "staged").glob("*/*"))

    def check(self) -> None:
        """Raise unless whatever is visible can be served: `load` checks every hash."""
        for folder in (self.home / "versions").iterdir():
            if not folder.name.startswith("."):
                assert load(folder).version == folder.name
        assert load(self.link).version in (V1, V2, V3)


@pytest.mark.slow
def test_no_kill_leaves_a_half_written_version_or_nothing_to_serve(tmp_path: Path) -> None:
    killed, rng = Killed(tmp_path), random.Random(7)
    killed.store.move({"stable": V1}, NOW)
    assert killed.agent("--once").wait() == 0
    in_the_middle = 0
    for number in range(KILLS):
        wanted = rng.choice([one for one in (V1, V2, V3) if one != load(killed.link).version])
        killed.store.move({"stable": wanted}, NOW)
        agent = killed.agent()
        eventually(lambda: killed.begun() or load(killed.link).version == wanted)  # noqa: B023
        until = time.monotonic() + (rng.uniform(0, 1.2) if number else 0)  # the first one in the middle
        while time.monotonic() < until:
            assert (killed.link / "manifest.json").exists()  # at every moment, also while it is switched
        agent.send_signal(signal.SIGKILL)
        agent.wait()
        in_the_middle += killed.begun()
        killed.check()
    assert in_the_middle > 0
    assert killed.agent("--once").wait() == 0
    killed.check()
    assert load(killed.link).version == killed.store.channels().channels.wanted["stable"]
