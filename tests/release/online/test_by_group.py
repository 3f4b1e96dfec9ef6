"""Provenance shows by group what evaluation found and what users watched, side by side."""

import json
from pathlib import Path
from typing import Any

import pytest

from auto_deployment import cli
from auto_deployment.publish.lookup import METRICS, look_up
from auto_deployment.publish.tag_message import MARK
from auto_deployment.release.online.by_group import group_branches, kept_measures
from auto_deployment.release.online.reader import OnlineMeasures, OnlineReader
from auto_deployment.release.release import Kind, Phase, requested
from auto_deployment.release.store import Record, Store
from tests.support.cycle.published_versions import facts_of, make_versions
from tests.support.release.online import content, put
from tests.support.release.world import OLD, START, build

VERSION = "20260301T1200-0123abcd"
ESTIMATE = {"value": 0.3412, "low": 0.33, "high": 0.35}
MEASURED: dict[str, Any] = {
    "ranking": {"users": 5, "systems": {"blend": {"ndcg": ESTIMATE, "hit_rate": {**ESTIMATE, "value": 0.8}}}},
    "rating": {"svd": {"rmse": {"value": 0.85, "low": None, "high": None}}},
}
EVALUATED = {"all": {"all": MEASURED}, "cutoff": 10, "gender": {"M": MEASURED, "F": MEASURED}}


@pytest.fixture
def online(tmp_path: Path) -> OnlineMeasures:
    put(tmp_path, content())
    found = OnlineReader(tmp_path).read("v2-abc1234")
    assert isinstance(found, OnlineMeasures)
    return found


def test_each_group_has_both_sides_and_says_which_is_missing(online: OnlineMeasures) -> None:
    ((head, leaves),) = group_branches(EVALUATED, online)
    assert head.startswith(
        "by group, offline as evaluated and online as watched in v2-abc1234 (lists 2026-03-01"
    )
    offline = "NDCG@10 0.341 (0.330 to 0.350), hit rate 0.800 (0.330 to 0.350), RMSE 0.850"
    online_f = "watched from list 14.0 % (13.0 to 16.0), MRR 0.051 (0.130 to 0.160), rating \u2013, 100 users"
    said = [text for text, _ in leaves]
    assert [text.partition(":")[0] for text in said] == ["all", "gender M", "gender F", "age 25-34"]
    assert said[1] == f"gender M: offline {offline}; online nobody was shown a list"
    assert said[2] == f"gender F: offline {offline}; online {online_f}"
    assert said[3].startswith("age 25-34: offline not evaluated; online watched from list 11.0 %")


def test_without_either_side_nothing_is_shown(online: OnlineMeasures) -> None:
    assert group_branches({}, None) == []
    ((head, _),) = group_branches(EVALUATED, None)
    assert head.endswith("online: nothing is kept of a release of it")
    assert len(group_branches({}, online)) == 1


def test_the_newest_release_that_has_any_counts(online: OnlineMeasures) -> None:
    release = requested(build("v2"), OLD, "1", "ann", START)
    with_them, without = Record(release, online=online), Record(release)
    assert kept_measures([without, with_them, without]) == online
    assert kept_measures([without]) is None


def test_the_command_shows_both_from_the_clone_and_the_record(
    tmp_path: Path,
    online: OnlineMeasures,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publishing = make_versions(tmp_path / "cycle", [VERSION])
    clone = publishing.layout.clone
    assert look_up(VERSION, clone).evaluated == {}  # published before there were any, or without
    metrics = {**MEASURED, "groups": {"gender": {"F": MEASURED}}}
    metrics["ranking"] = {**MEASURED["ranking"], "cutoff": 10}
    (clone / METRICS).parent.mkdir(parents=True)
    (clone / METRICS).write_text(json.dumps(metrics), "utf-8")
    publishing.repository.commit("model", ["."])
    publishing.repository.tag(VERSION, f"Model\n\n{MARK}\n{json.dumps(facts_of(VERSION))}\n")
    release = requested(build(VERSION), OLD, "1", "ann", START, Kind.CANDIDATE)
    Store(tmp_path / "data" / "releases").write(
        Record(release.to(Phase.ABORTED, START, "It smells."), online=online)
    )
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    assert cli.main(["provenance", VERSION, "--repo", str(clone)]) == 0
    tree = capsys.readouterr().out
    assert "gender F: offline NDCG@10 0.341" in tree
    assert "online watched from list 14.0 % (13.0 to 16.0)" in tree
    assert cli.main(["provenance", VERSION, "--repo", str(clone), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["online"]["groups"][1]["value"] == "F"
    assert facts_of(VERSION)["version"] == found["facts"]["version"]
