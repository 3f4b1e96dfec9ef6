"""Docker's command, whatever becomes of it, ends in what it says or in the one error that callers know."""

import subprocess

import pytest

from auto_deployment.release.containers.docker import Docker, DockerError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory"), "install Docker's client"),
        (
            BlockingIOError(11, "Resource temporarily unavailable"),
            "docker ps: Resource temporarily unavailable",
        ),
        (subprocess.TimeoutExpired("docker", 60), "docker ps: no answer within 60 s"),
    ],
)
def test_a_command_that_cannot_be_run_says_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def run(*words: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(DockerError, match=words):
        Docker().run("ps")
