"""DVC's exit status after a push says nothing: what the remote lacks is asked for."""

from pathlib import Path

import pytest

from auto_deployment.config.publish import PublishSettings
from auto_deployment.publish import factory
from auto_deployment.publish.data_versions import INPUTS
from auto_deployment.publish.errors import UnreachableError
from auto_deployment.publish.factory import Publishing
from tests.support.cycle.home import write_project


@pytest.fixture
def publishing(tmp_path: Path) -> Publishing:
    """Give a clone with inputs that DVC, and not its stand-in, has taken."""
    publishing = factory.build(tmp_path, PublishSettings())
    write_project(publishing.layout.clone)
    publishing.commands.git("init", "--quiet", "--initial-branch", "main")
    publishing.data.configure()
    for path in INPUTS:
        folder = publishing.layout.clone / path
        folder.mkdir(parents=True)
        for name in ("one", "two"):
            (folder / name).write_text(f"{path}: {name}", "utf-8")
    publishing.data.take_in()
    return publishing


def test_a_push_that_dvc_calls_a_success_and_that_nobody_could_pull_publishes_nothing(
    publishing: Publishing,
) -> None:
    lost = publishing.layout.clone / "data" / "segments" / "two"
    content = lost.read_bytes()
    for path in publishing.layout.dvc_cache.rglob("*"):
        if path.is_file() and path.read_bytes() == content:
            path.unlink()
    lost.unlink()
    with pytest.raises(UnreachableError, match=r"its remote still lacks data/segments, data/segments/two: "):
        publishing.data.push()


def test_a_complete_push_is_none_the_worse_for_being_asked_for(publishing: Publishing) -> None:
    publishing.data.push()
    publishing.data.push()
