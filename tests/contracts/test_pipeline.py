"""`.gitlab-ci.yml`: each job is one make target, and each kind of push runs what it needs, nothing twice."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.git import git
from tests.support.project import PROJECT
from tests.support.systems.lab import require_program

NOT_JOBS = ("workflow", "stages", "variables", "default")
STATUS = 'exit "$(cat deploy.status)"'
TO_SERVER = ["deploy", "approve", "abort", "continue", "rollback"]


@pytest.fixture(scope="module")
def pipeline() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROJECT / ".gitlab-ci.yml").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the pipeline and a branch behind it, as gitlab-ci-local wants one."""
    folder = tmp_path_factory.mktemp("pipeline")
    shutil.copy(PROJECT / ".gitlab-ci.yml", folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "begin")
    git(folder, "remote", "add", "origin", "git@gitlab.example.org:team/films.git")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return folder


def jobs_of(place: Path, *variables: str) -> list[str]:
    """Return the jobs that gitlab-ci-local would run."""
    require_program("gitlab-ci-local")
    words = ["gitlab-ci-local", "--list-csv"]
    for variable in variables:
        words += ["--variable", variable]
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "json schema validated" in done.stdout + done.stderr
    lines = [line.split(";") for line in done.stdout.splitlines() if ";" in line]
    return [name for name, *_ in lines[1:]]


def test_each_job_is_make_targets_that_exist(pipeline: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z -]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    known = {target for line in targets for target in line.split()}
    jobs = {name: job for name, job in pipeline.items() if name not in NOT_JOBS and "script" in job}
    assert len(jobs) == 11
    for job in jobs.values():
        for line in job["script"]:
            assert re.fullmatch(rf"make [a-z-]+( RELEASE=| \|\| {re.escape(STATUS)})?", line), line
            assert line.split()[1] in known


@pytest.mark.parametrize("status", [0, 64, 75])
def test_what_the_server_says_of_a_deployment_is_the_jobs_status(
    pipeline: dict[str, Any], tmp_path: Path, status: int
) -> None:
    """For `retry`: make ends with 2, whatever its recipe ends with."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(0o755)
    (line,) = pipeline["deploy"]["script"]
    environ = {**os.environ, "PYTHON": str(python)}
    done = subprocess.run(["bash", "-ec", line], cwd=tmp_path, env=environ, check=False, capture_output=True)
    assert done.returncode == status
    assert pipeline["deploy"]["retry"]["exit_codes"] == [75]


def test_no_job_trains(pipeline: dict[str, Any]) -> None:
    text = yaml.safe_dump(pipeline)
    assert not re.search(r"retrain|make train|dvc repro", text)


def test_images_are_those_of_the_project(pipeline: dict[str, Any]) -> None:
    used = {job["image"] for job in pipeline.values() if isinstance(job, dict) and "image" in job}
    assert used == {"$JOB_IMAGE"}
    assert pipeline["variables"]["JOB_IMAGE"] == "python:3.13-slim-trixie"


def test_only_one_deployment_at_a_time(pipeline: dict[str, Any]) -> None:
    assert pipeline[".on-server"]["resource_group"] == "production"
    assert pipeline["deploy"]["environment"]["name"] == "production"
    assert pipeline["deploy"]["extends"] == ".on-server"


def committed(place: Path, folder: Path, *names: str) -> Path:
    """Return a copy with these files changed on top of what origin has."""
    copy = folder / "copy"
    shutil.copytree(place, copy, symlinks=True)
    for name in names:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("changed")
    git(copy, "add", "--all", "--force")
    git(copy, "commit", "--quiet", "--allow-empty", "--message", "change")
    return copy


CODE = ["lint", "test-code", "build", "test-app"]


@pytest.mark.parametrize("changed", ["app/routes.py", "docs/new.md", "dvc.yaml", "Makefile", ".env.example"])
def test_a_push_of_code_tests_builds_and_deploys(place: Path, tmp_path: Path, changed: str) -> None:
    assert jobs_of(committed(place, tmp_path, changed, "dvc.lock")) == [*CODE, *TO_SERVER]


def test_whatever_is_in_the_repository_is_code_or_data(pipeline: dict[str, Any]) -> None:
    """Each file at the top, and one of each folder, on its own: else a push of it would run nothing."""
    words = ["git", "-C", str(PROJECT), "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    once = {name.partition("/")[0] if "/" in name else name: name for name in files}
    patterns = pipeline[".on-code"]["rules"][1]["changes"]
    one_by_one = [re.compile(_expression(pattern)) for pattern in patterns]
    missed = [name for name in once.values() if not any(one.fullmatch(name) for one in one_by_one)]
    assert [name for name in missed if name.partition("/")[0] not in ("data", "dvc.lock")] == []
    assert not any(one.fullmatch("dvc.lock") or one.fullmatch("data/x") for one in one_by_one)


def _expression(pattern: str) -> str:
    """Return the regular expression of a GitLab pattern, as far as ours use them."""
    text = re.escape(pattern).replace(r"\*\*/\*", ".+").replace(r"\*", "[^/]*")
    return re.sub(r"\\{(.*?)\\}", lambda found: f"({found[1].replace(',', '|')})", text)


def test_a_published_model_is_measured_and_deployed(place: Path) -> None:
    tag = "CI_COMMIT_TAG=model/20261127T0000-00000000"
    assert jobs_of(place, tag) == ["test-data", "test-model", "build", "test-app", *TO_SERVER]


def test_the_cycles_commit_brings_no_job(place: Path, tmp_path: Path) -> None:
    assert jobs_of(committed(place, tmp_path, "dvc.lock", "data/segments.dvc", "data/gate/gate.json")) == []


@pytest.mark.parametrize(
    ("changed", "jobs"),
    [
        ("app/routes.py", CODE),
        ("dvc.lock", ["test-data", "test-model"]),
        ("data/gate/gate.json", ["test-data", "test-model"]),
    ],
)
def test_a_merge_request_runs_what_it_changes(
    place: Path, tmp_path: Path, changed: str, jobs: list[str]
) -> None:
    copy = committed(place, tmp_path, changed)
    git(copy, "checkout", "--quiet", "-b", "change")
    assert jobs_of(copy, "CI_PIPELINE_SOURCE=merge_request_event") == jobs
