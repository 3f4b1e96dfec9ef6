"""A push becomes a promoted model: scheduler, git remote, pipeline in containers, ssh, canary, mail."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.git import git
from tests.support.http import get
from tests.support.systems.gitlab_loop import GITLAB, Loop
from tests.support.systems.lab import require_docker, require_program
from tests.support.systems.prestarted import Early
from tests.support.systems.releasing import asking
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

ENDS = ("promoted", "aborted")
RATE = 150.0  # requests a second: enough users of the canary for a verdict within the window
DOUBLED, BOASTING = "model/20990101T0000-00000001", "model/20990101T0000-00000002"


@pytest.fixture(scope="module")
def loop(early_loop: Early[Loop]) -> Iterator[Loop]:
    require_docker()
    require_program(GITLAB)
    yield early_loop.get()
    early_loop.close()  # nothing after these tests needs it, and it would take time from what is measured


@pytest.fixture(scope="module")
def published(loop: Loop) -> str:
    """The version that the scheduler has published by itself."""
    eventually(loop.published, 420)
    (tag,) = loop.published()
    loop.say(f"the scheduler has published {tag}")
    return tag.removeprefix("model/")


def times(log: str) -> list[str]:
    """Return what gitlab-ci-local says of each job: its name and how long it took."""
    return [line for line in log.splitlines() if line.startswith("[") and " finished in " in line]


def test_what_the_scheduler_publishes_is_tested_deployed_and_promoted(
    loop: Loop, published: str, say: Callable[[str], None]
) -> None:
    status, log = loop.pipeline_of(f"refs/tags/model/{published}")
    loop.say("its pipeline is over")
    assert status == 0, log[-4000:]
    for job in ("test-data", "test-model", "build", "test-app", "deploy"):
        assert any(job in line for line in times(log)), log[-4000:]
    for line in times(log):
        say(line)
    assert not any("lint" in line or "test-code" in line for line in times(log))
    with asking(loop.ports["MARQUEE_PORT"], rate=RATE):
        # A command in a container each: without a step they would take time from the release itself.
        eventually(lambda: loop.releases()[0]["changes"][-1]["phase"] in ENDS, 240, step_s=2)
        release = loop.releases()[0]
        loop.say("; ".join(f"{one['at']} {one['phase']}" for one in release["changes"]))
        assert release["changes"][-1]["phase"] == "promoted", release["changes"][-1]["reason"]
    loop.say("its release is promoted")
    assert release["candidate"]["model_version"] == published
    assert get(loop.ports["MARQUEE_PORT"], "/recommend/42").headers["x-model-version"] == published
    eventually(lambda: any("Promoted" in subject and published in subject for subject in loop.mails()))
    origin = release["origin"]
    assert origin["ref"] == f"model/{published}"
    assert origin["image_id"].startswith("sha256:")
    said = loop.marquee("scheduler", "provenance", release_id := f"X-Release: {_id(release)}")
    assert f"Pipeline: {origin['pipeline']}" in said, release_id
    assert "serves everybody since" in said
    # The checkout on the server is as it was, its owner's files beside it included.
    assert git(loop.checkout, "status", "--porcelain") == "?? docker-compose.override.yml"


def test_the_cycles_commit_brings_no_pipeline_of_its_own(loop: Loop, published: str) -> None:
    _, log = loop.pipeline_of("refs/heads/main", 300)
    assert times(log) == []
    assert git(loop.remote, "log", "-1", "--format=%s", "main") == f"model: {published}"


@pytest.fixture(scope="module")
def broken(loop: Loop, published: str) -> int:
    """Push what must not pass, all at once; return the number of the last pipeline before."""
    for ref in (f"refs/tags/model/{published}", "refs/heads/main"):
        loop.pipeline_of(ref)
    before = loop.newest_pipeline()
    push(loop, broken_service(loop), "service: break it", "refs/heads/main")
    push(loop, boasting_model(loop, published), "model: boasts", f"refs/tags/{BOASTING}")
    push(loop, doubled_data(loop), "model: doubled", f"refs/tags/{DOUBLED}")
    loop.say("three pushes that must not pass are made")
    return before


def test_a_commit_that_breaks_the_service_stops_at_its_tests(loop: Loop, published: str, broken: int) -> None:
    status, log = loop.pipeline_of("refs/heads/main", after=broken)
    assert status != 0
    assert any("test-code" in line and "FAIL" in line for line in times(log)), log[-4000:]
    assert "SyntaxError" in log
    nothing_reached_the_server(loop, log, published)


@pytest.mark.usefixtures("broken")
def test_data_of_bad_quality_stop_at_their_check(loop: Loop, published: str) -> None:
    status, log = loop.pipeline_of(f"refs/tags/{DOUBLED}")
    assert status != 0
    assert re.search(r"FAIL +offsets .* both hold lines of partition", log)
    nothing_reached_the_server(loop, log, published)


@pytest.mark.usefixtures("broken")
def test_a_model_that_is_not_what_was_said_of_it_stops_at_its_check(loop: Loop, published: str) -> None:
    status, log = loop.pipeline_of(f"refs/tags/{BOASTING}")
    assert status != 0
    assert re.search(r"FAIL +figures .* published figures are not what the data gives: rmse", log)
    nothing_reached_the_server(loop, log, published)


def broken_service(loop: Loop) -> Path:
    work = loop.work("breaks-service")
    routes = work / "app" / "routes.py"
    # What cannot even be parsed: lint then ends at once, and does not look at all types for minutes.
    routes.write_text(routes.read_text() + "\ndef broken(:\n")
    return work


def doubled_data(loop: Loop) -> Path:
    work = loop.work("breaks-data")
    dvc(loop, work, "pull", "data/segments.dvc")
    segment = max((work / "data" / "segments").glob("*.parquet"), key=lambda path: path.stat().st_size)
    shutil.copy(segment, segment.with_name(f"again-{segment.name}"))
    dvc(loop, work, "add", "data/segments")
    dvc(loop, work, "push", "data/segments.dvc")
    return work


def boasting_model(loop: Loop, published: str) -> Path:
    work = loop.work("breaks-model")
    git(work, "checkout", "--quiet", "--detach", f"model/{published}")
    summary = work / "data" / "metrics" / "summary.json"
    figures = json.loads(summary.read_text())
    summary.write_text(json.dumps({**figures, "rmse": figures["rmse"] - 0.1}, indent=1) + "\n")
    return work


def push(loop: Loop, work: Path, message: str, ref: str) -> None:
    """Commit all and push it to a branch or as a tag."""
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", message)
    git(work, "push", "--quiet", loop.git_url, f"HEAD:{ref}")


def nothing_reached_the_server(loop: Loop, log: str, published: str) -> None:
    assert not any("deploy" in line or "build" in line for line in times(log))
    assert loop.releases()[0]["candidate"]["model_version"] == published


def dvc(loop: Loop, work: Path, *words: str) -> None:
    program = Path(sys.executable).with_name("dvc")
    (work / ".dvc" / "config.local").write_text(
        f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {loop.storage}\n"
    )
    subprocess.run([str(program), *words], cwd=work, check=True, capture_output=True)


def _id(release: dict[str, dict[str, str]]) -> str:
    return release["candidate"]["release"]
