"""One version: where it comes from, what was written with it, and two side by side."""

import hashlib
import json
from pathlib import Path

import pytest

from auto_deployment.paths import CycleLayout
from auto_deployment.release.inbox import Inbox
from tests.console.conftest import Site
from tests.support.console import HERE, NEW, OLD, PROFILE, WAITING, publish, train_here, wait_for_a_person
from tests.support.release.world import World, build, quick


def test_the_tree_goes_down_to_offsets_parameters_and_the_verdict(site: Site) -> None:
    publish(site.paths, OLD)
    text = site.person().opens(f"/models/{OLD}")
    for leaf in (
        "partition 0: offsets 5 to 104",
        "seed: 42",
        "RMSE is 0.8765.",
        "data beef",
        "trained by: abc1234",
    ):
        assert leaf in text


def test_its_releases_are_there_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    world = World(tmp_path, quick())
    world.boot()
    Inbox(world.paths.release_inbox).request(build(OLD), "ann", world.now)
    world.polls(3)
    publish(world.paths, OLD)
    site = Site(tmp_path)
    assert f"{OLD}-abc1234: " in site.person().opens(f"/models/{OLD}")
    (damaged := next(world.paths.releases.glob(f"*{OLD}*.json"))).write_text("{", "utf-8")
    text = site.person().opens(f"/models/{OLD}")
    assert f"{damaged.name} is damaged" in text
    assert "seed: 42" in text


def test_a_profile_is_shown_by_day_and_by_group(site: Site) -> None:
    publish(site.paths, OLD, {"data/metrics/profile.json": json.dumps(PROFILE)})
    text = site.person().opens(f"/models/{OLD}")
    assert 'data-value="6.0"' in text
    assert "gender" in text
    publish(
        site.paths,
        NEW,
        {"data/metrics/profile.json": '{"days": [3], "groups": {"a": 1}, "kinds": {"b": "c"}}'},
    )
    assert "No profile is kept" in site.person().opens(f"/models/{NEW}")


def test_the_verdict_of_the_gate_is_a_page_without_any_style_in_it(site: Site) -> None:
    publish(site.paths, OLD)
    text = site.person().opens(f"/models/{OLD}/gate")
    assert "<h1>Gate: passed</h1>" in text
    assert '<td class="number">0.8765</td>' in text
    assert 'tabindex="0" role="region" aria-label="Table"><table>' in text
    assert "style=" not in text


def test_a_version_that_waits_has_its_verdict_and_lists_to_decide_on(site: Site) -> None:
    publish(site.paths, OLD)
    wait_for_a_person(site.paths, WAITING, {"data/gate/lists.html": "<p>ten users</p>"})
    person = site.person()
    assert "waits for a person" in person.opens(f"/models/{WAITING}").lower()
    assert "Gate: passed" in person.opens(f"/models/{WAITING}/gate")
    assert "ten users" in person.opens(f"/models/{WAITING}/lists.html")
    assert f'sandbox="" title="Lists against the champion&#39;s of {WAITING}"' in person.opens(
        f"/models/{WAITING}/lists"
    )


def test_what_others_wrote_can_neither_run_nor_load_anything(site: Site) -> None:
    publish(site.paths, OLD, {"data/gate/lists.html": "<script>alert(1)</script>"})
    answer = site.person().client.get(f"/models/{OLD}/lists.html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox;")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "allow-" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_report_comes_from_dvc_or_from_training_by_hand_or_is_not_here(site: Site) -> None:
    store(CycleLayout.below(site.paths.cycle).dvc_cache, "report.html", b"<p>of a cycle</p>")
    publish(site.paths, OLD, dvc={"data/report": f"{'d' * 32}.dir"})
    publish(site.paths, NEW)
    train_here(site.paths, HERE)
    client = site.person().client
    assert "of a cycle" in client.get(f"/models/{OLD}/report.html").text
    assert f"Report of {HERE}" in client.get(f"/models/{HERE}/report.html").text
    missing = client.get(f"/models/{NEW}/report")
    assert missing.status_code == 404
    assert "dvc pull data/report" in missing.text
    by_hand = client.get(f"/models/{HERE}/gate")
    assert by_hand.status_code == 404
    assert "trained by hand" in by_hand.text


def store(cache: Path, name: str, content: bytes) -> None:
    """Put a folder with one file into DVC's cache under the hash ddd... ."""
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    for key, stored in (
        (digest, content),
        (f"{'d' * 32}.dir", json.dumps([{"md5": digest, "relpath": name}]).encode()),
    ):
        path = cache / "files" / "md5" / key[:2] / key[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stored)


@pytest.mark.parametrize("name", ["v1", "20260301T1200-ffffffff", "20261399T9999-ffffffff", "..", "--help"])
def test_a_version_that_is_not_there_is_a_sentence(site: Site, name: str) -> None:
    publish(site.paths, OLD)
    for address in (f"/models/{name}", f"/models/{name}/gate", f"/models/compare?one={OLD}&other={name}"):
        answer = site.person().client.get(address)
        assert answer.status_code == 404, address


def test_two_versions_stand_side_by_side_in_measures_parameters_and_origin(site: Site) -> None:
    data = {"hash": "cafe", "segments": ["one.parquet", "two.parquet"], "lines": {"rating": 7}}
    publish(site.paths, OLD, metrics={"rmse": 0.9, "ndcg_at_10": 0.2})
    publish(
        site.paths,
        NEW,
        metrics={"rmse": 0.8, "ndcg_at_10": 0.1},
        data=data,
        parameters={"train": {"seed": 43}},
    )
    text = site.person().opens(f"/models/compare?one={OLD}&other={NEW}")
    for said in ("-0.1000", "better", "worse", "<td>42</td><td>43</td>", "train.seed", "cafe", "two.parquet"):
        assert said in text
    assert "1 segments in both" in text
    assert "What differs" not in site.person().opens(f"/models/compare?one={OLD}&other={OLD}")


def test_two_are_chosen_where_the_address_names_none(site: Site) -> None:
    publish(site.paths, OLD)
    assert "There are not two versions yet" in site.person().opens("/models/compare")
    publish(site.paths, NEW)
    assert f"<option selected>{OLD}</option>" in site.person().opens(f"/models/compare?one={OLD}")
