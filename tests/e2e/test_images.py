"""What is in the images, and how much of it."""

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.support.project import PROJECT
from tests.support.systems.containers import docker
from tests.support.systems.stack import TestStack

pytestmark = [pytest.mark.lab, pytest.mark.slow]

TRAINING = """
import importlib.util
heavy = ("pandas", "surprise", "implicit", "scipy", "kafka", "dvc", "auto_deployment")
print([name for name in heavy if importlib.util.find_spec(name)])
"""
# What services import, and a cycle's programs; then what of it Python had to compile.
COMPILED = """
import pathlib, sys
import auto_deployment.commands.ingest, auto_deployment.commands.release.run
import auto_deployment.commands.schedule, kafka
import dvc.repo.reproduce, duckdb, flask, matplotlib.figure, pandas, pyarrow.parquet, scipy.sparse
files = [one.__spec__.cached for one in list(sys.modules.values()) if getattr(one, "__spec__", None)]
print([file for file in files if file and not pathlib.Path(file).exists()])
"""
SEARCH = r"find / -xdev \( -name .git -o -name '*.parquet' \) 2>/dev/null || true"


def test_the_inference_image_is_small_beside_its_base_and_its_model(
    stack: TestStack, say: Callable[[str], None]
) -> None:
    image = stack.stack.inspect("stable-1", "{{.Config.Image}}")
    script = str(PROJECT / "scripts" / "image-size.sh")
    printed = subprocess.run([script, image], capture_output=True, text=True, check=True).stdout
    say(f"inference image: {printed}")
    assert float(printed.split()[0]) < 120


def test_the_inference_image_carries_nothing_of_training(stack: TestStack) -> None:
    assert stack.inside("stable-1", "python", "-c", TRAINING) == "[]"


def test_no_process_of_the_worker_has_to_compile_what_it_imports(stack: TestStack) -> None:
    """None may write what it has compiled, so each would do it again."""
    assert stack.inside("ingest", "python", "-c", COMPILED) == "[]"


@pytest.mark.parametrize("service", ["stable-1", "ingest", "nginx"])
def test_labels_tell_what_is_in_an_image(stack: TestStack, service: str) -> None:
    image = stack.stack.inspect(service, "{{.Config.Image}}")
    labels = json.loads(docker("inspect", "--format", "{{json .Config.Labels}}", image))
    assert labels["org.opencontainers.image.revision"] == "abc1234"
    assert labels["org.opencontainers.image.title"].startswith("marquee")


def test_no_image_knows_git_history_or_data(stack: TestStack) -> None:
    for service in ("stable-1", "ingest"):
        found = stack.inside(service, "sh", "-c", SEARCH).split()
        assert [path for path in found if not path.startswith("/usr/local/lib")] == []
