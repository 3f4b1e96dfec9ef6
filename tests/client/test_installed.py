"""The package as a team installs it: built, put into an environment of its own, and used from there."""

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.support.project import PROJECT
from tests.support.scripted_server import ScriptedServer

PROGRAM = """
import json, pathlib, sys, marquee_client
from importlib.metadata import metadata
with marquee_client.Recommender(sys.argv[1], ["own"]) as client:
    answer = client.recommend(42)
folder = pathlib.Path(marquee_client.__file__).parent
shipped = sorted(path.name for path in folder.iterdir() if path.suffix not in (".py", ""))
print(json.dumps([answer.source, str(folder), shipped, metadata("marquee-client").get_all("Requires-Dist")]))
"""


def test_it_is_built_and_used_from_a_fresh_environment(tmp_path: Path, server: ScriptedServer) -> None:
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    shutil.copytree(PROJECT / "client", tmp_path / "client", ignore=ignored)
    venv.create(tmp_path / "fresh", with_pip=False)
    [packages] = (tmp_path / "fresh").glob("lib/python*/site-packages")
    # The pip and the setuptools of this environment, as there may be no network to fetch others from.
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--no-compile"]
    done = run(*pip, *offline, "--target", packages, tmp_path / "client")
    assert done.returncode == 0, done.stderr
    used = run(tmp_path / "fresh" / "bin" / "python", "-I", "-c", PROGRAM, server.url)
    assert used.returncode == 0, used.stderr
    source, folder, shipped, requires = json.loads(used.stdout)
    assert source == "personal"
    assert Path(folder) == packages / "marquee_client"
    assert shipped == ["marquee.binpb", "marquee.proto", "py.typed"]
    assert all(one.endswith('extra == "grpc"') for one in requires)


def run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
