"""A run of plain processes with releases in shortened time, and what a person does with it."""

import json
import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.commands import said_by
from tests.support.http import get
from tests.support.local_run import LocalRun, environment, give_model, running
from tests.support.models import Size, write_model
from tests.support.project import PROJECT
from tests.support.waiting import eventually

USERS = 8000
RATE = 150.0  # requests a second: the judge has its users after some 15 s
KNOWS_THEM = Size(users=USERS, stored=USERS)
QUICK = {
    "tick_s": 2, "poll_s": 1, "warming_s": 3, "settle_s": 1, "start_max_s": 20, "canary_restarts_max": 1,
}  # fmt: skip
QUICK_JUDGE = {"window_s": 10, "max_window_s": 120, "min_users": 100, "metrics_unavailable_max_s": 30}


@dataclass
class Site:
    """A data directory with a model, the environment in which it is served, and the run that serves it."""

    folder: Path
    environ: dict[str, str]
    in_use: bool = False  # whether releases already say what serves
    _started: ExitStack = field(default_factory=ExitStack)
    _run: LocalRun | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def run(self) -> LocalRun:
        """Return the run, which is started when there is none."""
        if self._run is None or self._run.process.poll() is not None:
            self.start()
        assert self._run is not None
        return self._run

    def start(self, **more: str) -> None:
        """Start the run anew, with these variables beside its own."""
        self.stop()
        started = running(self.data, self.folder / "output", {**self.environ, **more})
        self._run = self._started.enter_context(started)

    def stop(self) -> None:
        self._started.close()
        self._run = None

    def kill(self) -> None:
        """End the run as a power cut would, and wait until what it started has noticed."""
        run = self.run
        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()
        eventually(lambda: run.alive() == [])
        self.stop()

    def give(self, version: str, seed: int, size: Size = KNOWS_THEM) -> Path:
        """Put a model beside the others and return its folder."""
        write_model(self.data / "models" / version, size, version=version, seed=seed)
        return self.data / "models" / version

    def marquee(self, *words: str) -> str:
        return said_by(self.environ, "release", *words)

    def deploy(self, version: str) -> str:
        """Hand in a model; the first time the command says that releases are in use from now on."""
        said = self.marquee("deploy", version)
        assert ("From now on releases say what serves" in said) is not self.in_use
        self.in_use = True
        return said

    def changes(self, version: str) -> list[dict[str, Any]]:
        """Return what has become of a model since it was handed in."""
        found = json.loads(self.marquee("history", "--json", "--last", "1"))
        of_it = [one["changes"] for one in found if one["candidate"]["model_version"] == version]
        return of_it[0] if of_it else []

    def wait_for(self, version: str, *phases: str, within_s: float = 120) -> str:
        """Wait until a model has come to one of these phases; return why it did."""

        def reason() -> str | None:
            changes = self.changes(version)
            return changes[-1]["reason"] if changes and changes[-1]["phase"] in phases else None

        return str(eventually(reason, within_s))

    def mails(self, version: str) -> list[str]:
        """Return which mails about a model nobody has sent yet."""
        found = self.data.glob(f"releases/outbox/*-{version}-*.eml")
        return sorted(file.name.partition("-")[0] for file in found)

    def served(self) -> set[str]:
        """Return the models that answer, whoever asks."""
        answers = (get(self.run.port, f"/recommend/{user}") for user in range(1, 40))
        return {answer.headers["x-model-version"] for answer in answers}

    def serving(self) -> str:
        """Return the one model that answers everybody."""
        (version,) = self.served()
        return version


def prepared(folder: Path) -> Site:
    """Return a site that nobody has started: one model, current, and short times."""
    data = folder / "data"
    give_model(data, KNOWS_THEM)
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    judge = {**params["release"]["judge"], **QUICK_JUDGE}
    params["release"] = {**params["release"], **QUICK, "judge": judge}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    return Site(folder, {**environment(data), "PARAMS_FILE": str(folder / "params.yaml")})
