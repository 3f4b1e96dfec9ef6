"""Preparing a host for the pipeline's key: in a container, twice, and with what cannot be."""

import subprocess
import uuid
from collections.abc import Iterator

import pytest

from tests.support.project import PROJECT
from tests.support.ssh_server import make_key
from tests.support.systems.containers import docker
from tests.support.systems.lab import require_docker

pytestmark = pytest.mark.lab

SETUP = "/opt/films/scripts/gitlab/setup-host.sh"
PREPARE = (
    "apt-get update -qq && apt-get install -qq -y --no-install-recommends git openssh-server >/dev/null && "
    "groupadd docker && mkdir -p /opt/films/scripts && cp -r /scripts/. /opt/films/scripts && "
    "touch /opt/films/docker-compose.yml && git init -q /opt/films && git -C /opt/films remote add origin x"
)
STATE = (
    "getent passwd deploy; getent shadow deploy | cut -d: -f2; id -nG deploy; "
    "cat ~deploy/.ssh/authorized_keys; cat ~deploy/.gitconfig; stat -c '%U %a %n' ~deploy/.ssh ~deploy/.ssh/*"
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_docker()
    name = f"marquee-test-host-{uuid.uuid4().hex[:8]}"
    keys = tmp_path_factory.mktemp("keys")
    for key in ("first", "second"):
        make_key(keys / key)
    (keys / "nonsense.pub").write_text("no key\n")
    mounts = ["--volume", f"{PROJECT / 'scripts'}:/scripts:ro", "--volume", f"{keys}:/keys:ro"]
    docker("run", "--detach", "--name", name, *mounts, "python:3.13-slim-trixie", "sleep", "600")
    try:
        docker("exec", name, "sh", "-c", PREPARE)
        yield name
    finally:
        docker("rm", "--force", name)


def set_up(host: str, key: str) -> subprocess.CompletedProcess[str]:
    words = ["docker", "exec", host, SETUP, f"/keys/{key}", "films.example.org"]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def state(host: str) -> str:
    return docker("exec", host, "bash", "-c", STATE)


def test_it_makes_the_account_and_again_changes_nothing(host: str) -> None:
    done = set_up(host, "first.pub")
    assert done.returncode == 0, done.stderr
    assert "Variable DEPLOY_HOST: films.example.org" in done.stdout
    assert "films.example.org ssh-ed25519 " in done.stdout
    before = state(host)
    assert f'restrict,command="{SETUP.replace("setup-host", "server")}" ssh-ed25519 ' in before
    assert "\n*\n" in before  # no password opens it
    assert "deploy docker" in before
    assert "deploy 600 /home/deploy/.ssh/authorized_keys" in before
    assert set_up(host, "first.pub").stdout == done.stdout
    assert state(host) == before


def test_with_another_key_the_one_before_is_out(host: str) -> None:
    set_up(host, "first.pub")
    assert set_up(host, "second.pub").returncode == 0
    assert len(docker("exec", host, "cat", "/home/deploy/.ssh/authorized_keys").splitlines()) == 1


@pytest.mark.parametrize(
    ("key", "said"), [("first", "is the private key"), ("nonsense.pub", "is no public key")]
)
def test_what_is_no_public_key_is_refused_and_changes_nothing(host: str, key: str, said: str) -> None:
    set_up(host, "first.pub")
    before = state(host)
    done = set_up(host, key)
    assert done.returncode != 0
    assert said in done.stderr
    assert state(host) == before


def test_the_account_reads_the_checkout_and_speaks_through_the_key_only(host: str) -> None:
    set_up(host, "first.pub")
    words = ["docker", "exec", "--user", "deploy", "--env", "SSH_ORIGINAL_COMMAND=sh", host]
    done = subprocess.run(
        [*words, SETUP.replace("setup-host", "server")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 64
    assert done.stderr.startswith("Not understood: this key may say model, deploy")
