"""Candidates with a fault: images made of the stable one, each a release of its own."""

import json
import shutil
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.support.random_lists import make_random
from tests.support.systems.containers import docker

# What is put between Gunicorn and the application: it reads which fault it is from the image.
FAULT = '''"""The application with a fault, as the image's environment names it."""
import os, random, signal, threading, time
from app.sound_wsgi import application as sound


def application():
    app, (kind, _, share) = sound(), os.environ["FAULT"].partition(":")
    inner = app.wsgi_app
    if kind == "ends":  # after so many seconds
        threading.Timer(float(share), os.kill, (1, signal.SIGTERM)).start()
    if kind == "no-stable" and os.environ["TRACK"] == "stable":
        kind = "unready"

    def faulty(environ, start_response):
        if environ["PATH_INFO"].startswith("/recommend/"):
            if kind == "slow":
                time.sleep(0.35)
            elif kind == "errs" and random.random() < float(share):
                start_response("500 Internal Server Error", [("Content-Length", "0")])
                return [b""]
            elif kind == "kills" and random.random() < float(share):
                os.kill(os.getpid(), signal.SIGKILL)
            elif kind == "popular":
                environ["PATH_INFO"] = "/recommend/999999999"
        elif kind == "unready" and environ["PATH_INFO"] == "/health/ready":
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        return inner(environ, start_response)

    app.wsgi_app = faulty
    return app
'''
# A release waits for nothing as often as for Docker's next question whether an instance is well.
HASTY = """FROM {base}
HEALTHCHECK --interval=1s --timeout=3s --start-period=60s --retries=3 CMD {test}
"""
FAULTY = """FROM {base}
USER root
RUN mv /srv/app/wsgi.py /srv/app/sound_wsgi.py
COPY wsgi.py /srv/app/wsgi.py
USER 10001:10001
"""
# No program runs while it is built: that takes half a second, and people who ask meanwhile do not feel it.
CANDIDATE = """FROM {base}
COPY REVISION /srv/REVISION
ENV FAULT={fault}
LABEL org.opencontainers.image.revision="{revision}"
"""
# With a model of its own, which serves as well as the one that it is made of.
REMODELLED = """FROM {base}
COPY model /model
COPY REVISION /srv/REVISION
ENV FAULT=none
LABEL org.opencontainers.image.revision="{revision}" org.opencontainers.image.version="{version}"
"""
REVISION_LABEL = "org.opencontainers.image.revision"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image and the code revision that is in it."""

    revision: str
    image: str


@dataclass(frozen=True)
class Workshop:
    """Makes candidates below a folder, under tags of `image`; each has a revision that no other one has."""

    folder: Path
    image: str
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def make_stable(self, base: str) -> str:
        """Make the image that serves at first: the given one, asked every second whether it is well."""
        health = json.loads(docker("inspect", "--format", "{{json .Config.Healthcheck.Test}}", base))
        stable = self._build("hasty", HASTY.format(base=base, test=json.dumps(health[1:])))
        self._build("faulty", FAULTY.format(base=stable), {"wsgi.py": FAULT})
        return stable

    def make(self, fault: str = "none") -> Candidate:
        """Make a candidate; call `make_stable` first."""
        kind = "good" if fault == "none" else fault.partition(":")[0].replace("-", "")[:5]
        revision = f"{kind}{next(self.numbers):04}"
        text = CANDIDATE.format(base=f"{self.image}:faulty", fault=fault, revision=revision)
        return Candidate(revision, self._build(revision, text, {"REVISION": revision}))

    def make_random(self, seed: int = 1) -> Candidate:
        """Make a candidate without a fault that recommends unwatched titles at random; see `make`."""
        base = f"{self.image}:faulty"
        context = self.folder / f"rand{next(self.numbers):04}"
        context.mkdir()
        revision, version = context.name, f"random-{seed}"
        copy_out(base, "/model", context / "base")
        make_random(context / "base", context / "model", version, seed)
        shutil.rmtree(context / "base")
        text = REMODELLED.format(base=base, revision=revision, version=version)
        return Candidate(revision, self._build(revision, text, {"REVISION": revision}))

    def _build(self, tag: str, dockerfile: str, files: dict[str, str] | None = None) -> str:
        context = self.folder / tag
        context.mkdir(exist_ok=True)
        for name, text in {"Dockerfile": dockerfile, **(files or {})}.items():
            (context / name).write_text(text, "utf-8")
        docker("build", "--quiet", "--tag", f"{self.image}:{tag}", str(context))
        return f"{self.image}:{tag}"


def copy_out(image: str, inside: str, folder: Path) -> None:
    """Copy a folder out of an image, of which nothing runs."""
    container = docker("create", image)
    try:
        docker("cp", f"{container}:{inside}", str(folder))
    finally:
        docker("rm", container)
