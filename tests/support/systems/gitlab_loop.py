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
from tests.support.http import get
from tests.support.ports import free_ports
from tests.support.ssh_server import running_sshd
from tests.support.systems.containers import Stack, docker
from tests.support.systems.gitlab_jobs import job_image
from tests.support.systems.gitlab_project import begin
from tests.support.systems.gitlab_runner import RUNNER, write_runner
from tests.support.systems.stack import CODE_REVISION, PORTS, get_json, remove_images
from tests.support.waiting import eventually

GITLAB = "gitlab-ci-local"
# What is started at once; the scheduler follows, and what nothing here asks stays away.
PARTS = (
    "nginx", "stable-1", "stable-2", "canary", "static-list", "kafka", "ingest", "controller",
    "prometheus", "nginx-exporter", "simulator", "maildev",
)  # fmt: skip
PARAMS = "/project/params.yaml"  # the checkout's, as the controller sees it
# When the newest event in the segments was, read with the tools of the worker's own image.
NEWEST = """
import pathlib, auto_deployment.dataset.segments as s
times = [one.meta.last_time for one in s.list_segments(pathlib.Path("/data/segments"))]
print(max((time.timestamp() for time in times if time), default=0))
"""


@dataclass
class Loop:
    """Folders, the remote, the server; `log` is what is kept of it all."""

    folder: Path
    name: str = field(default_factory=lambda: f"marquee-gitlab-{uuid.uuid4().hex[:6]}")

    def __post_init__(self) -> None:
        self.remote, self.storage = self.folder / "films.git", self.folder / "storage"
        self.checkout, self.keys = self.folder / "server", self.folder / "sshd"
        self.log = self.folder / "loop.log"
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
        quick = {"volumes": [f"{self.checkout}:/project:ro"], "environment": {"PARAMS_FILE": PARAMS}}
        shared = {**quick, "volumes": [*quick["volumes"], f"{self.storage}:{self.storage}"]}
        services = {"ingest": quick, "controller": {"environment": quick["environment"]}, "scheduler": shared}
        (self.checkout / "docker-compose.override.yml").write_text(yaml.safe_dump({"services": services}))
        self.storage.mkdir()
        self.storage.chmod(0o777)

    def compose(self, *words: str, timeout_s: float = 900) -> str:
        done = subprocess.run(
            ["docker", "compose", *words], cwd=self.checkout, capture_output=True, text=True, check=False,
            timeout=timeout_s, env=_plain(),
        )  # fmt: skip
        assert done.returncode == 0, f"docker compose {' '.join(words)}: {done.stderr[-2000:]}"
        return done.stdout.strip()

    def marquee(self, service: str, *words: str) -> str:
        return self.compose("exec", "-T", service, "marquee", *words)

    def newest_pipeline(self) -> int:
        """Return the number of the pipeline that was started last."""
        file = self.folder / "number"
        return int(file.read_text()) if file.exists() else 0

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

    def pipeline_of(self, ref: str, within_s: float = 900, after: int = 0) -> tuple[int, str]:
        """Wait until a ref's last pipeline, one above `after`, is over; return its status and its log."""

        def found() -> list[tuple[int, int]]:
            ended = self.pipelines().items()
            return [(number, status) for number, (of, status) in ended if of == ref and number > after]

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
    begin(folder / "begin", loop.remote)
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
        loop.say("the images are built")
        given = {
            **server.variables(),
            "DVC_REMOTE": str(loop.storage),
            "JOB_IMAGE": job_image(),
            **variables,
        }
        write_runner(loop.folder, given, (loop.storage, loop.keys))
        _build(loop)
        _start(loop)
        yield loop


def _build(loop: Loop) -> None:
    """Build the server's images as other systems of tests do, which the build cache has then."""
    environ = {"MARQUEE_IMAGE": loop.name, "CODE_REVISION": CODE_REVISION}
    Stack(loop.name, environ=environ).compose("build", "--quiet", timeout_s=1800)


def _start(loop: Loop) -> None:
    """Start the server; its scheduler as soon as the platform's past is in segments, for a cycle at once."""
    loop.say("the server starts")
    begun_s = time.time()
    loop.compose("up", "-d", "--no-build", *PARTS)
    eventually(lambda: get(loop.ports["MARQUEE_PORT"], "/recommend/42").status == 200)
    loop.say("the server serves")
    inside = ("exec", "-T", "ingest", "python", "-c", NEWEST)
    eventually(lambda: float(loop.compose(*inside)) >= begun_s, step_s=2)  # it loads Arrow each time
    loop.say("the past of the platform is there: the scheduler starts")
    loop.compose("up", "-d", "--no-build", "--no-deps", "scheduler")


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
