"""The job's side: what is missing or wrong is said before, or instead of, anything else."""

import subprocess
from pathlib import Path

import pytest

from auto_deployment.gitlab.__main__ import main
from auto_deployment.gitlab.origin import merge_request_of
from tests.gitlab.conftest import Host
from tests.support.ports import free_ports
from tests.support.ssh_server import make_key


def status(host: Host, **changed: str) -> int:
    return main(["status"], {**host.variables(host.revisions[0]), **changed})


def test_all_missing_variables_are_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy"], {}) == 64
    said = capsys.readouterr().err
    assert all(
        name in said for name in ("DEPLOY_HOST", "DEPLOY_SSH_KEY", "DEPLOY_KNOWN_HOSTS", "docs/gitlab.md")
    )


def test_without_a_server_there_is_no_model_to_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model"], {}) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DEPLOY_SSH_KEY", "-----BEGIN OPENSSH PRIVATE KEY-----", "variable of type file"),
        ("DEPLOY_PORT", "ssh", "use a port number"),
        ("DEPLOY_HOST", "-oProxyCommand=id", "one word"),
        ("DEPLOY_USER", "a b", "one word"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(
    host: Host, capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
) -> None:
    assert status(host, **{name: value}) == 64
    found = capsys.readouterr().err
    assert name in found
    assert said in found


def test_without_the_job_build_there_is_nothing_to_deploy(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    env = host.variables(host.revisions[0])
    del env["IMAGE"]
    assert main(["deploy"], env) == 64
    assert "IMAGE: the job `build` has to come before" in capsys.readouterr().err


def test_an_archive_that_is_not_there_is_named(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--archive", "nowhere.tar.gz"], host.variables(host.revisions[0])) == 1
    assert "nowhere.tar.gz cannot be used (No such file" in capsys.readouterr().err


def test_another_host_key_stops_everything(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{host.server.port} {other}")
    assert status(host, DEPLOY_KNOWN_HOSTS=str(tmp_path / "known")) == 255
    assert "shows another host key than DEPLOY_KNOWN_HOSTS: nothing was sent" in capsys.readouterr().err
    assert host.calls() == []


def test_another_key_is_not_taken(host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(host, DEPLOY_SSH_KEY=str(make_key(tmp_path / "other"))) == 255
    assert "does not take the key in DEPLOY_SSH_KEY" in capsys.readouterr().err


def test_a_file_that_is_no_key_is_said(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no-key").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n")
    assert status(host, DEPLOY_SSH_KEY=str(tmp_path / "no-key")) == 255
    assert "DEPLOY_SSH_KEY is no private key that ssh can read" in capsys.readouterr().err


def test_a_key_with_a_passphrase_is_the_keys_fault(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked = tmp_path / "locked"
    locked.write_bytes(host.server.key.read_bytes())
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "a secret", "-f", str(locked)], check=True)
    assert status(host, DEPLOY_SSH_KEY=str(locked)) == 255
    said = capsys.readouterr().err
    assert "The key in DEPLOY_SSH_KEY has a passphrase" in said
    assert "does not take the key" not in said


@pytest.mark.parametrize("content", ["", "\n", "other.example.org ssh-ed25519 AAAA\n"])
def test_known_hosts_without_the_server_are_not_another_host_key(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "known").write_text(content)
    assert status(host, DEPLOY_KNOWN_HOSTS=str(tmp_path / "known")) == 255
    said = capsys.readouterr().err
    assert f"DEPLOY_KNOWN_HOSTS is empty or has no key of 127.0.0.1 port {host.server.port}" in said
    assert "another host key" not in said
    assert host.calls() == []


def test_a_key_without_its_last_line_end_and_readable_by_all_is_taken(host: Host, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.write_bytes(host.server.key.read_bytes().rstrip(b"\n"))
    copy.chmod(0o666)
    assert status(host, DEPLOY_SSH_KEY=str(copy)) == 0


def test_a_server_that_is_away_is_named(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (port,) = free_ports(1)
    assert status(host, DEPLOY_PORT=str(port)) == 255
    assert f"127.0.0.1 port {port} cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("Merge branch 'a'\n\nSee merge request team/films!7", "7"),
        ("See merge request !8\n", "8"),
        ("Talk of See merge request team/films!9 in a line", ""),
        ("", ""),
    ],
)
def test_the_merge_request_is_read_from_the_merge_commit(message: str, number: str) -> None:
    assert merge_request_of({"CI_COMMIT_MESSAGE": message}) == number
