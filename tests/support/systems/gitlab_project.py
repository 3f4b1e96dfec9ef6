"""What the loop's git remote begins with: this project, with times that a test can wait for."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.support.git import git
from tests.support.project import PROJECT

QUICK = {
    ("release", "tick_s"): 1, ("release", "poll_s"): 1, ("release", "warming_s"): 3,
    ("release", "settle_s"): 1, ("release", "start_max_s"): 60,
    # A release may be under way long before its users come: tests that measure nothing run meanwhile.
    ("release", "judge", "window_s"): 10, ("release", "judge", "max_window_s"): 3600,
    ("release", "judge", "min_users"): 100,
    ("ingest", "batch", "max_age_s"): 5,
    ("retrain", "first_after_h"): 0, ("retrain", "retry_after_h"): 0.01,
    # On this little data SVD may or may not beat the biases; everything else is as shipped.
    ("gate", "bias_margin"): -0.05,
}  # fmt: skip

# What a release, or the first line of the stream, waits for.
HEALTH_EVERY = {"stable-1": "1s", "stable-2": "1s", "canary": "1s", "nginx": "2s", "kafka": "2s"}
# The archive of an image goes through the one, a training through the other.
WHOLE_CORES = ("controller", "scheduler")


def begin(folder: Path, remote: Path) -> None:
    """Put this project into a bare repository as its one commit, by way of a folder."""
    files = git(PROJECT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in files:
        source = PROJECT / name
        if source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    _change(folder / "params.yaml", QUICK)
    every = {("services", name, "healthcheck", "interval"): text for name, text in HEALTH_EVERY.items()}
    cores = {("services", name, "cpus"): 2 for name in WHOLE_CORES}
    _change(folder / "docker-compose.yml", {**every, **cores})
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "films: begin")
    subprocess.run(["git", "clone", "--quiet", "--bare", str(folder), str(remote)], check=True)


def _change(path: Path, values: dict[Any, Any]) -> None:
    """Put values into a YAML file, each at its place."""
    content = yaml.safe_load(path.read_text("utf-8"))
    for (*places, last), value in values.items():
        section = content
        for place in places:
            section = section.setdefault(place, {})
        section[last] = value
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
