"""Releases without containers: real Gunicorns and a real NGINX, in shortened time."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.http import get
from tests.support.local_run import VERSION, LocalRun, environment, give_model, running
from tests.support.mail_server import MailServer
from tests.support.mail_server import running as receiving
from tests.support.models import Size, write_model
from tests.support.project import PROJECT
from tests.support.systems.releasing import asking
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

USERS = 4000
KNOWS_THEM = Size(users=USERS, stored=USERS)
NEW, POOR, BROKEN = ("20261102T0000-00000000", "20261103T0000-00000000", "20261104T0000-00000000")
QUICK = {"tick_s": 2, "poll_s": 1, "warming_s": 3, "settle_s": 2, "start_max_s": 20}
QUICK_JUDGE = {"window_s": 20, "max_window_s": 120, "min_users": 100, "metrics_unavailable_max_s": 30}


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory with models, and the environment in which it is served."""

    folder: Path
    environ: dict[str, str]

    def marquee(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "auto_deployment", "release", *words],
            cwd=PROJECT, env=self.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def changes(self) -> list[dict[str, Any]]:
        found = json.loads(self.marquee("history", "--json", "--last", "1"))
        changes: list[dict[str, Any]] = found[0]["changes"] if found else [{"phase": "none", "reason": ""}]
        return changes

    def wait_for(self, *phases: str, within_s: float = 120) -> str:
        eventually(lambda: self.changes()[-1]["phase"] in phases, within_s)
        return str(self.changes()[-1]["reason"])

    def with_mail(self, port: int) -> "Place":
        mail = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "REPORT_TO": "team@example.org"}
        return replace(self, environ={**self.environ, **mail})

    def running(self) -> Any:
        return running(self.folder / "data", self.folder / "output", self.environ)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    data = tmp_path / "data"
    give_model(data, KNOWS_THEM)
    write_model(data / "models" / NEW, KNOWS_THEM, version=NEW, seed=2)
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    judge = {**params["release"]["judge"], **QUICK_JUDGE}
    params["release"] = {**params["release"], **QUICK, "judge": judge}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    return Place(tmp_path, {**environment(data), "PARAMS_FILE": str(tmp_path / "params.yaml")})


def served(run: LocalRun) -> set[str]:
    """Return the models that answer, whoever asks."""
    return {get(run.port, f"/recommend/{user}").headers["x-model-version"] for user in range(1, 40)}


def test_a_good_model_earns_production_though_the_run_is_killed_meanwhile(place: Place) -> None:
    with place.running() as run:
        with asking(run.port, USERS, 100):
            assert "From now on releases say what serves" in place.marquee("deploy", NEW)
            place.wait_for("baking")
            assert served(run) == {VERSION, NEW}
            assert "baking" in place.marquee("status")
            # The second stable may still be on its way when evidence begins: it comes in once it is well.
            eventually(lambda: "canary 20 %" in place.marquee("status"))
        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()
        stopped = place.changes()
        eventually(lambda: run.alive() == [])
    with place.running() as run, asking(run.port, USERS, 100):
        assert place.changes()[: len(stopped)] == stopped
        reason = place.wait_for("promoted", "aborted")
        assert place.changes()[-1]["phase"] == "promoted", reason
        eventually(lambda: served(run) == {NEW})
        assert (
            json.loads((run.layout.static / "current" / "popular.json").read_bytes())["model_version"] == NEW
        )
    outbox = place.folder / "data" / "releases" / "outbox"  # without a mail server mails stay there
    assert sorted(file.name.partition("-")[0] for file in outbox.glob("*.eml")) == ["candidate", "promoted"]


def test_the_first_deploy_of_what_serves_says_that_releases_say_so_from_now_on(place: Place) -> None:
    assert "`current` is followed no longer" in place.marquee("deploy")
    assert "it serves already" in place.marquee("deploy")
    current = place.folder / "data" / "models" / "current"
    current.unlink()
    current.symlink_to(NEW)
    with place.running() as run:
        assert served(run) == {VERSION}
        assert f"{NEW}-abc is on its way" in place.marquee("deploy")


def test_a_model_that_lost_its_users_is_gone_and_does_not_come_back(place: Place) -> None:
    write_model(place.folder / "data" / "models" / POOR, Size(users=10, stored=10), version=POOR, seed=3)
    with receiving(MailServer()) as server, place.with_mail(server.port).running() as run:
        with asking(run.port, USERS, 100):
            place.marquee("deploy", POOR)
            assert "popularity list" in place.wait_for("promoted", "aborted")
            eventually(lambda: served(run) == {VERSION})
        assert "was rejected" in place.marquee("deploy", POOR)
        eventually(lambda: any("Aborted" in mail["subject"] for mail in server.messages()))
        mail = next(mail for mail in server.messages() if "Candidate" in mail["subject"])
        body = mail.get_body(("plain",))
        text = "" if body is None else body.get_content()
        assert f"DATA_DIR={place.folder / 'data'} python -m auto_deployment release abort" in text
    with place.running() as run:
        assert served(run) == {VERSION}


def test_a_model_that_cannot_be_loaded_serves_nobody(place: Place) -> None:
    folder = place.folder / "data" / "models" / BROKEN
    write_model(folder, KNOWS_THEM, version=BROKEN, seed=4)
    array = max(folder.glob("*.npy"), key=lambda file: file.stat().st_size)
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    with place.running() as run, asking(run.port, USERS, 30):
        place.marquee("deploy", BROKEN)
        reason = place.wait_for("promoted", "aborted")
        assert "did not become healthy" in reason or "ended" in reason
        assert served(run) == {VERSION}


def test_an_older_model_is_put_back(place: Place) -> None:
    with place.running() as run, asking(run.port, USERS, 30):
        place.marquee("deploy", NEW)
        place.wait_for("warming")
        place.marquee("promote", "--by", "ann")
        place.wait_for("promoted")
        assert f"Back to {VERSION}" in place.marquee("rollback", "--by", "ann")
        eventually(lambda: served(run) == {VERSION}, 60)
