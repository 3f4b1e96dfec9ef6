"""The pipeline's key on the server: what it may say, through a real sshd, and nothing else."""

import json
import subprocess
from pathlib import Path

import pytest

from auto_deployment.gitlab.__main__ import main
from auto_deployment.gitlab.ssh import DeployServerError, tell
from auto_deployment.gitlab.variables import server_of
from tests.gitlab.conftest import Host
from tests.support.git import git
from tests.support.image_archives import manifest, read_archive, write_archive

USAGE, REFUSED, LATER = 64, 65, 75


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "image.tar.gz", "marquee:ci-1")


def make_archive(path: Path, name: str) -> Path:
    """Write what `docker save` writes, as far as it is looked at."""
    parts = {"c.json": b"{}", "manifest.json": manifest(name)}
    return write_archive(path, parts)


def deploy(host: Host, archive: Path, revision: str, number: int = 1, **more: str) -> int:
    return main(["deploy", "--archive", str(archive)], host.variables(revision, number, **more))


def said(host: Host, *words: str) -> tuple[int, str]:
    """Say words as they are; return the status and what comes back."""
    try:
        return 0, tell(server_of(host.server.variables()), words)
    except DeployServerError as error:
        return error.status, str(error)


def test_a_deployment_hands_over_the_very_image_with_all_that_is_known(host: Host, archive: Path) -> None:
    more = {
        "IMAGE_ID": "sha256:0123",
        "CI_PIPELINE_ID": "99",
        "CI_COMMIT_AUTHOR": "Ann Müller <ann@example.org>",
        "CI_COMMIT_MESSAGE": "Merge branch 'x'\n\nSee merge request team/films!12\n",
        "CI_COMMIT_REF_NAME": "main",
    }
    assert main(["deploy", "--archive", str(archive)], host.variables(host.revisions[2], 7) | more) == 0
    assert read_archive(host.docker / "loaded") == {
        "c.json": b"{}",
        "manifest.json": manifest("marquee:ci-7"),
    }
    (handed,) = [call for call in host.calls() if "release deploy" in call]
    assert "release deploy marquee:ci-7 --by Ann Müller" in handed
    for word in ("image_id=sha256:0123", "pipeline=99", "merge_request=12", "author=Ann Müller", "ref=main"):
        assert f"--origin {word}" in handed
    assert f"--origin revision={host.revisions[2]}" in handed
    assert host.calls()[-1] == "rmi marquee:ci-7"


def test_with_a_registry_the_image_is_pulled(host: Host, archive: Path) -> None:
    registry = "registry.example.org/team/films"
    more = {"IMAGE_REGISTRY": registry, "IMAGE": f"{registry}:ci-1"}
    assert main(["deploy", "--archive", str(archive)], host.variables(host.revisions[0]) | more) == 0
    assert f"pull --quiet {registry}:ci-1" in host.calls()
    assert not (host.docker / "loaded").exists()


def test_an_older_revision_never_follows_a_newer_one(
    host: Host, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy(host, archive, host.revisions[1], 5) == 0
    assert deploy(host, archive, host.revisions[0], 9) == REFUSED
    assert "is older than" in capsys.readouterr().err
    assert deploy(host, archive, host.revisions[2], 8) == 0
    assert deploy(host, archive, host.revisions[2], 8) == 0  # the job again
    assert len([call for call in host.calls() if "release deploy" in call]) == 3


def test_of_two_pipelines_for_one_revision_or_side_by_side_the_older_one_comes_too_late(
    host: Host, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy(host, archive, host.revisions[1], 5) == 0
    assert deploy(host, archive, host.revisions[1], 4) == REFUSED
    assert deploy(host, archive, host.beside, 3) == REFUSED
    assert "Pipeline number 3 is older than 5" in capsys.readouterr().err
    assert deploy(host, archive, host.beside, 6) == 0


def test_the_image_has_to_be_the_tested_one_and_of_the_revision(
    host: Host, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy(host, archive, host.revisions[0], IMAGE_ID="sha256:4567") == REFUSED
    assert "is not the one that was tested" in capsys.readouterr().err
    variables = host.variables(host.revisions[0])
    (host.docker / "revision").write_text("deadbeef")
    assert main(["deploy", "--archive", str(archive)], variables) == REFUSED
    assert "was built from deadbeef" in capsys.readouterr().err
    assert not any("release deploy" in call for call in host.calls())
    assert host.calls()[-1] == "rmi marquee:ci-1"


def test_what_the_controller_refuses_is_refused_and_does_not_count_as_deployed(
    host: Host, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.answers("released", 3, "v2-abc is not released: it was rejected: too slow.")
    assert deploy(host, archive, host.revisions[2]) == REFUSED
    assert capsys.readouterr().err == "v2-abc is not released: it was rejected: too slow.\n"
    (host.docker / "released").unlink()
    assert deploy(host, archive, host.revisions[1]) == 0


@pytest.mark.parametrize(
    ("what", "complaint", "sentence"),
    [
        ("load", "write /layer.tar: no space left on device", "The disk of the server is full"),
        (
            "released",
            "/data/releases cannot be written (No space left on device)",
            "The disk of the server is",
        ),
        ("controller", "", "The release controller does not run"),
    ],
)
def test_what_may_pass_is_told_as_such(
    host: Host, archive: Path, capsys: pytest.CaptureFixture[str], what: str, complaint: str, sentence: str
) -> None:
    host.answers(what, 1, complaint)
    assert deploy(host, archive, host.revisions[0]) == LATER
    assert capsys.readouterr().err.startswith(sentence)
    (host.docker / what).unlink()
    assert deploy(host, archive, host.revisions[0]) == 0


def test_without_its_git_remote_the_server_says_so(
    host: Host, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (host.folder / "remote.git").rename(host.folder / "away")
    assert deploy(host, archive, host.revisions[0]) == LATER
    assert capsys.readouterr().err.strip()


def test_a_revision_that_was_never_pushed_is_refused(host: Host, archive: Path) -> None:
    assert deploy(host, archive, "0" * 40) == REFUSED


def test_uncommitted_changes_on_the_server_stay_and_count_for_nothing(host: Host, archive: Path) -> None:
    (host.checkout / "number").write_text("mine")
    (host.checkout / "scripts" / "own").write_text("mine too")
    before = git(host.checkout, "status", "--porcelain")
    assert deploy(host, archive, host.revisions[2]) == 0
    assert git(host.checkout, "status", "--porcelain") == before
    assert git(host.checkout, "rev-parse", "HEAD") == host.revisions[2]


def test_persons_speak_through_it(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    env = {**host.variables(host.revisions[0]), "GITLAB_USER_LOGIN": "ann"}
    assert main(["model"], env) == 0
    assert capsys.readouterr().out == "v1\n"
    assert main(["abort", "--release", "v2-abc", "--reason", "it smells; $(touch /tmp/x) 'x'"], env) == 0
    assert main(["approve"], env) == 0
    assert main(["rollback", "--release", "v1-abc"], env) == 0
    assert [call.partition("marquee ")[2] for call in host.calls() if "--by" in call] == [
        "release abort --release v2-abc --by ann --reason it smells; $(touch /tmp/x) 'x'",
        "release approve --by ann --reason ",
        "release rollback v1-abc --by ann --reason ",
    ]


def test_a_cycle_from_other_weights_is_asked_of_the_scheduler(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {**host.variables(host.revisions[0]), "GITLAB_USER_LOGIN": "ann"}
    assert main(["continue"], env) == 0
    assert capsys.readouterr().out == "published: v3 is published.\n"
    assert main(["continue", "--from", "20260301T1200-01234567"], env) == 0
    assert [call for call in host.calls() if "retrain" in call] == [
        "compose exec -T scheduler marquee retrain --continue-from champion",
        "compose exec -T scheduler marquee retrain --continue-from 20260301T1200-01234567",
    ]
    capsys.readouterr()
    host.answers("retrained", 1, "failed: v9 cannot be continued, it was never published.")
    assert main(["continue", "--from", "v9"], env) == REFUSED
    assert capsys.readouterr().err == "failed: v9 cannot be continued, it was never published.\n"


@pytest.mark.parametrize(
    "words",
    [
        ["sh"], [""], ["deploy"], ["deploy", "main", "-"], ["deploy", "0" * 40, "$(id)"],
        ["deploy", "0" * 40, "-", "colour=red"], ["deploy", "0" * 40, "-", "author=$(id)"],
        ["deploy", "0" * 40, "-", "author=a%0Ab"], ["abort"], ["abort", "by=a;id"],
        ["continue"], ["continue", "by=a", "from=--now"], ["continue", "by=a", "from=v1%20--dry-run"],
        ["model;", "touch", "pwned"], ["`id`"], ["deploy", "0" * 40, "--privileged"],
    ],
)  # fmt: skip
def test_nothing_else_is_understood_and_nothing_is_evaluated(host: Host, words: list[str]) -> None:
    status, sentence = said(host, *words)
    assert status == USAGE, sentence
    assert len(sentence.splitlines()) == 1
    assert not any("release" in call or "retrain" in call for call in host.calls())


def test_no_shell_no_file_no_tunnel(host: Host) -> None:
    server = host.server
    base = ["-i", str(server.key), "-o", f"UserKnownHostsFile={server.known_hosts}", "-o", "BatchMode=yes"]
    where = server.variables()["DEPLOY_USER"] + "@127.0.0.1"
    for words in (["ssh", "-p", str(server.port), *base, where], ["scp", "-P", str(server.port), *base]):
        if words[0] == "scp":
            words += [f"{where}:/etc/passwd", str(host.folder / "stolen")]
        done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode != 0
    assert not (host.folder / "stolen").exists()


def test_a_model_on_top_of_the_same_code_is_the_same_code(host: Host, archive: Path) -> None:
    (host.checkout / "dvc.lock").write_text("a new model")
    git(host.checkout, "add", "--all")
    git(host.checkout, "commit", "--quiet", "--message", "model: v2")
    git(host.checkout, "push", "--quiet", "origin", "main")
    published = git(host.checkout, "rev-parse", "HEAD")
    variables = host.variables(published)
    assert main(["deploy", "--archive", str(archive)], variables) == REFUSED
    (host.docker / "revision").write_text(host.revisions[2][:8])
    assert main(["deploy", "--archive", str(archive)], variables) == 0
    (handed,) = [call for call in host.calls() if "release deploy" in call]
    assert f"--origin revision={published}" in handed


@pytest.mark.parametrize("names", [["marquee:stable-1"], ["marquee-controller:latest", "marquee:ci-1"], []])
def test_what_arrives_takes_no_name_by_which_something_runs(
    host: Host, tmp_path: Path, names: list[str]
) -> None:
    parts = {
        "c.json": b"{}",
        "manifest.json": manifest(*names),
        "repositories": b'{"marquee": {"canary": "1"}}',
    }
    assert deploy(host, write_archive(tmp_path / "other.tar.gz", parts), host.revisions[0], 3) == 0
    loaded = read_archive(host.docker / "loaded")
    assert loaded == {"c.json": b"{}", "manifest.json": manifest("marquee:ci-3")}


def test_what_is_no_image_is_refused_and_loads_nothing(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = tmp_path / "other.tar.gz"
    sent.write_bytes(b"no archive")
    assert deploy(host, sent, host.revisions[0]) == USAGE
    assert capsys.readouterr().err.startswith("What was sent is no archive of an image (")
    assert (host.docker / "loaded").read_bytes() == b""
    assert not any("release deploy" in call for call in host.calls())
    assert list((host.folder / "deploy").glob("*.complaint")) == []


def test_no_image_but_a_pipelines_is_pulled(host: Host) -> None:
    for image in ("marquee:stable-1", "registry.example.org/team/films:latest", "marquee"):
        assert said(host, "deploy", host.revisions[0], image)[0] == USAGE
    assert not any(call.startswith("pull") for call in host.calls())


def test_what_a_person_has_deployed_by_hand_counts_as_well(host: Host, archive: Path) -> None:
    history = json.dumps([{"origin": {"revision": host.revisions[1]}}], indent=1)
    (host.docker / "history.json").write_text(history)
    assert deploy(host, archive, host.revisions[0]) == REFUSED
    assert deploy(host, archive, host.revisions[2]) == 0


def test_a_commit_that_is_only_on_the_server_is_not_deployed(host: Host, archive: Path) -> None:
    (host.checkout / "number").write_text("own")
    git(host.checkout, "commit", "--quiet", "--all", "--message", "own")
    assert deploy(host, archive, git(host.checkout, "rev-parse", "HEAD")) == REFUSED


def test_a_release_that_is_another_image_is_refused_for_good(
    host: Host, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.answers("released", 2, "v2-abc has been released before as another image.")
    assert deploy(host, archive, host.revisions[0]) == REFUSED
    assert "another image" in capsys.readouterr().err


def test_a_number_with_zeros_before_it_is_a_number(host: Host, archive: Path) -> None:
    assert deploy(host, archive, host.revisions[0], 12) == 0
    variables = {**host.variables(host.revisions[0]), "CI_PIPELINE_IID": "09"}
    assert main(["deploy", "--archive", str(archive)], variables) == REFUSED
