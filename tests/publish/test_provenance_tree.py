"""From the header of an answer to offsets and parameters, with nothing but a clone."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from auto_deployment import cli
from auto_deployment.publish.errors import PublishError
from auto_deployment.publish.lookup import look_up
from auto_deployment.publish.provenance_tree import render_tree
from tests.support.cycle.published_versions import facts_of, make_versions

VERSION = "20260301T1200-0123abcd"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone, without the cycle's folder and without DVC's storage."""
    root = tmp_path_factory.mktemp("published")
    publishing = make_versions(root / "cycle", [VERSION])
    fresh = root / "fresh"
    subprocess.run(["git", "clone", "-q", str(publishing.layout.git_remote), str(fresh)], check=True)
    return fresh


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (VERSION, None),
        (f"{VERSION}-abc1234", "abc1234"),
        (f"X-Model-Version: {VERSION}", None),
        (f"X-Release: {VERSION}-v1.2.3-dirty", "v1.2.3-dirty"),
    ],
)
def test_a_version_a_release_and_a_header_lead_to_the_same_facts(clone: Path, words: str, code: str) -> None:
    found = look_up(words, clone)
    assert found.facts == facts_of(VERSION)
    assert found.serving_code == code


def test_the_tree_reaches_down_to_offsets_parameters_and_the_verdict(clone: Path) -> None:
    tree = render_tree(look_up(f"{VERSION}-abc1234", clone))
    for leaf in (
        "partition 0: offsets 5 to 104",
        "partition 1: offsets 0 to 6",
        "seed: 42",
        "rmse: 0.8765",
        "RMSE is 0.8765.",
        "content: c0ffee",
        "served by: abc1234",
        "one.parquet",
    ):
        assert leaf in tree


def test_the_tree_counts_the_corrections_among_the_segments(clone: Path) -> None:
    found = look_up(VERSION, clone)
    assert "corrections" not in render_tree(found)
    names = ["one.parquet", "correction-000001-ab.parquet", "correction-000002-cd.parquet"]
    data = {**found.facts["data"], "segments": names}
    tree = render_tree(replace(found, facts={**found.facts, "data": data}))
    assert "of them corrections: 2" in tree


@pytest.mark.parametrize(
    ("words", "message"),
    [("nonsense", "names no model"), ("20260301T1200-ffffffff", r"has no tag .*git fetch --tags")],
)
def test_what_cannot_be_found_says_what_to_do(clone: Path, words: str, message: str) -> None:
    with pytest.raises(PublishError, match=message):
        look_up(words, clone)


def test_the_command_takes_a_clone_and_speaks_json_too(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert cli.main(["provenance", VERSION, "--repo", str(clone), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["facts"]["version"] == VERSION
