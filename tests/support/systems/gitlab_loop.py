"""GitLab in small: a git remote whose hook runs the pipeline with gitlab-ci-local, and a server behind sshd.

Everything real: git over the network, job containers, ssh with the forced command, the Compose system.
"""

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import yaml

from tests.support.git import git
from tests.support.ports import free_ports
from tests.support.project import PROJECT
from tests.support.ssh_server import running_sshd
from tests.support.systems.containers import docker
from tests.support.systems.gitlab_runner import RUNNER, mirror_packages, write_runner
from tests.support.systems.stack import PORTS, UP, get_json, remove_images
from tests.support.waiting import eventually

QUICK = {
    ("release", "tick_s"): 2, ("release", "poll_s"): 1, ("release", "warming_s"): 5,
    ("release", "settle_s"): 3, ("release", "start_max_s"): 60,
    ("release", "judge", "window_s"): 25, ("release", "judge", "max_window_s"): 150,
    ("release", "judge", "min_users"): 100,
    ("ingest", "batch", "max_age_s"): 10,
    ("retrain", "first_after_h"): 0.02, ("retrain", "retry_after_h"): 0.01,
    # On this little data SVD may or may not beat the biases; everything else is as shipped.
    ("gate", "bias_margin"): -0.05,
}  # fmt: skip


@dataclass
class Loop:
    """Folders, the remote, the server; `log` is what is kept of it all."""

    folder: Path
    name: str = field(default_factory=lambda: f"marquee-gitlab-{uuid.uuid4().hex[:6]}")

    def __post_init__(self) -> None:
        self.remote, self.storage = self.folder / "films.git", self.folder / "storage"
        self.checkout, self.keys = self.folder / "server", self.folder / "sshd"
        self.log, self.wheels = self.folder / "loop.log", self.folder / "wheels"
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        subnet = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
        self.gateway = str(next(ip_network(subnet).hosts()))  # this host, as containers reach it
        (self.git_port,) = free_ports(1)

    @property
    def git_url(self) -> str:
        return f"git://{self.gateway}:{self.git_port}/films.git"

    def say(self, text: str) -> None:
        """Add a line to the log."""
        with self.log.open("a") as file:
            file.write(f"{time.strftime('%H:%M:%S')} {text}\n")

    def make_remote(self) -> None:
        """Put this project, with short durations, into a bare repository as its one commit."""
        work = self.folder / "begin"
        files = git(PROJECT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
        for name in files:
            source = PROJECT / name
            if source.is_file():
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, work / name)
        path = work / "params.yaml"
        params = yaml.safe_load(path.read_text("utf-8"))
        for (*places, last), value in QUICK.items():
            section = params
            for place in places:
                section = section[place]
            section[last] = value
        path.write_text(yaml.safe_dump(params), "utf-8")
        git(work, "init", "--quiet", "--initial-branch=main")
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "--message", "films: begin")
        subprocess.run(["git", "clone", "--quiet", "--bare", str(work), str(self.remote)], check=True)
        self.storage.mkdir()
        self.storage.chmod(0o777)

    def make_server(self) -> None:
        """Clone the checkout that is deployed to; its own files are what a person would put beside it."""
        subprocess.run(["git", "clone", "--quiet", self.git_url, str(self.checkout)], check=True)
        env = {
            "COMPOSE_PROJECT_NAME": self.name, "MARQUEE_IMAGE": self.name, "MARQUEE_HOST": "127.0.0.1",
            **{key: str(port) for key, port in self.ports.items()},
            "GIT_REMOTE": self.git_url, "DVC_REMOTE": str(self.storage),
            "SMTP_HOST": "maildev", "SMTP_PORT": "1025", "REPORT_TO": "team@example.org",
        }  # fmt: skip
        (self.checkout / ".env").write_text("".join(f"{key}={value}\n" for key, value in env.items()))
        shared = {"volumes": [f"{self.storage}:{self.storage}"]}
        (self.checkout / "docker-compose.override.yml").write_text(
            yaml.safe_dump({"services": {"scheduler": shared}})
        )

    def compose(self, *words: str, timeout_s: float = 900) -> str:
        done = subprocess.run(
            ["docker", "compose", *words], cwd=self.checkout, capture_output=True, text=True, check=False,
            timeout=timeout_s, env=_plain(),
        )  # fmt: skip
        assert done.returncode == 0, f"docker compose {' '.join(words)}: {done.stderr[-2000:]}"
        return done.stdout.strip()

    def marquee(self, service: str, *words: str) -> str:
        return self.compose("exec", "-T", service, "marquee", *words)

    def releases(self) -> list[dict[str, Any]]:
        """Return all releases, newest first."""
        found: list[dict[str, Any]] = json.loads(self.marquee("controller", "release", "history", "--json"))
        return found

    def published(self) -> list[str]:
        """Return the versions that are tags of the remote."""
        return git(self.remote, "tag", "--list", "model/*").splitlines()

    def pipelines(self) -> dict[int, tuple[str, int]]:
        """Return of each pipeline that is over its ref and its status."""
        file = self.folder / "finished"
        lines = file.read_text().splitlines() if file.exists() else []
        return {int(n): (ref, int(status)) for n, ref, status in (line.split() for line in lines)}

    def pipeline_of(self, ref: str, within_s: float = 900) -> tuple[int, str]:
        """Wait until a ref's last pipeline is over; return its status and its log."""

        def found() -> list[tuple[int, int]]:
            return [(number, status) for number, (of, status) in self.pipelines().items() if of == ref]

        eventually(found, within_s)
        number, status = max(found())
        return status, (self.folder / "pipelines" / f"{number}.log").read_text("utf-8", "replace")

    def mails(self) -> list[str]:
        return [str(one["subject"]) for one in get_json(self.ports["MAILDEV_PORT"], "/email")]

    def work(self, name: str) -> Path:
        """Clone the remote, as a person does to commit something."""
        folder = self.folder / name
        subprocess.run(["git", "clone", "--quiet", str(self.remote), str(folder)], check=True)
        return folder


@contextmanager
def gitlab_loop(folder: Path, variables: Mapping[str, str]) -> Iterator[Loop]:
    """Start the remote, the server with everything on it, and its sshd; `variables` are the project's own."""
    loop = Loop(folder)
    folder.chmod(0o755)
    loop.make_remote()
    with ExitStack() as stack:
        stack.enter_context(_git_daemon(loop))
        loop.make_server()
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DEPLOY_DIR": str(folder / "deploy/clone"),
        }
        command = loop.checkout / "scripts" / "gitlab" / "server.sh"
        server = stack.enter_context(running_sshd(loop.keys, command, environ))
        stack.callback(_remove, loop)
        given = {
            **server.variables(),
            "DVC_REMOTE": str(loop.storage),
            **mirror_packages(loop.wheels),
            **variables,
        }
        write_runner(loop.folder, given, (loop.storage, loop.keys, loop.wheels))
        loop.say("the images are built")
        loop.compose("build", "--quiet", timeout_s=1800)
        loop.compose("--profile", "demo", *UP)
        loop.say("the server serves")
        yield loop


@contextmanager
def _git_daemon(loop: Loop) -> Iterator[None]:
    words = [
        "git",
        "daemon",
        "--reuseaddr",
        "--export-all",
        "--enable=receive-pack",
        f"--port={loop.git_port}",
    ]
    words += [f"--listen={loop.gateway}", f"--base-path={loop.folder}", str(loop.remote)]
    hook = loop.remote / "hooks" / "post-receive"
    hook.write_text(RUNNER.format(folder=loop.folder))
    hook.chmod(0o755)
    process = subprocess.Popen(words, env=_plain(), stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        asking = ["git", "ls-remote", loop.git_url]
        eventually(lambda: subprocess.run(asking, capture_output=True, check=False).returncode == 0, 20)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(10)


def _remove(loop: Loop) -> None:
    keep = os.environ.get("MARQUEE_ARTIFACTS")
    if keep:
        Path(keep).mkdir(parents=True, exist_ok=True)
        for log in [loop.log, *sorted((loop.folder / "pipelines").glob("*.log"))]:
            if log.exists():
                shutil.copy(log, Path(keep) / f"gitlab-{log.name}")
    loop.compose("--profile", "*", "down", "--volumes", "--timeout", "5", "--remove-orphans")
    remove_images(loop.name)
    built = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "marquee").split()
    if own := [one for one in built if one.startswith("marquee:ci-9")]:
        docker("rmi", *own)


def _plain() -> dict[str, str]:
    """Return our environment without what says where git or Compose work."""
    left_out = ("GIT_", "COMPOSE_", "MARQUEE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
