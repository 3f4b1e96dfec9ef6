"""The image that the loop's jobs run in: made once of the lock files, then taken from the engine."""

import hashlib
import subprocess

import yaml

from tests.support.project import PROJECT
from tests.support.systems.containers import docker

DOCKERFILE = "scripts/gitlab/Dockerfile"
NAME = "marquee-test-jobs"
MADE_OF = (
    DOCKERFILE,
    "scripts/venv.sh",
    "app/requirements.txt",
    "auto_deployment/requirements.txt",
    "requirements-dev.txt",
)


def job_image() -> str:
    """Return the image, made where this engine does not have it; older ones go."""
    pipeline = yaml.safe_load((PROJECT / ".gitlab-ci.yml").read_text("utf-8"))
    base = pipeline["variables"]["JOB_IMAGE"]
    made_of = hashlib.sha256(docker("image", "inspect", "--format", "{{.Id}}", base).encode())
    for name in MADE_OF:
        made_of.update((PROJECT / name).read_bytes())
    image = f"{NAME}:{made_of.hexdigest()[:16]}"
    known = docker("images", "--format", "{{.Repository}}:{{.Tag}}", NAME).split()
    if image not in known:
        words = ("--quiet", "--file", DOCKERFILE, "--build-arg", f"BASE={base}", "--tag", image)
        docker("build", *words, str(PROJECT), timeout_s=1200)
        for old in known:
            # One that a job of another run is in stays, for that run.
            subprocess.run(["docker", "rmi", old], capture_output=True, check=False)
    return image
