"""*Models*: every version that is somewhere, what is damaged beside what is not, and nothing that runs."""

import json

import pytest

from auto_deployment.host.files import replace_text
from auto_deployment.paths import CycleLayout
from auto_deployment.publish.tag_message import MARK
from auto_deployment.release.records import ARTEFACT, RejectedRelease, Serving, add_rejected, write_serving
from tests.console.conftest import Site
from tests.support.console import (
    HERE,
    HOSTILE,
    NEW,
    OLD,
    WAITING,
    clone_of,
    publish,
    train_here,
    wait_for_a_person,
)
from tests.support.git import git


@pytest.fixture
def full(site: Site) -> Site:
    """Give a site with a version of each kind."""
    publish(site.paths, OLD, metrics={"rmse": 0.9, "ndcg_at_10": 0.1, "ndcg_at_10_popularity": 0.05})
    publish(site.paths, NEW, metrics={"rmse": 0.8, "ndcg_at_10": 0.2, "ndcg_at_10_popularity": 0.05})
    wait_for_a_person(site.paths, WAITING)
    train_here(site.paths, HERE)
    return site


def test_without_a_version_the_page_says_how_to_get_one(site: Site) -> None:
    text = site.person().opens("/models")
    assert "No version yet" in text
    assert "marquee retrain" in text


def test_every_version_is_there_with_its_standing_the_newest_first(full: Site) -> None:
    write_serving(
        full.paths, Serving(OLD, "c0ffee", "abc1234", f"{OLD}-abc1234", "2026-03-02T00:00:00+00:00")
    )
    rejected = RejectedRelease(
        ARTEFACT, f"{NEW}-abc1234", "Too slow.", "2026-03-04T00:00:00+00:00", "beef", NEW
    )
    add_rejected(full.paths, rejected)
    text = full.person().opens("/models")
    rows = text[text.index("<tbody>", text.index('aria-label="Versions"')) :]
    places = [rows.index(f'/models/{name}"') for name in (HERE, WAITING, NEW, OLD)]
    assert places == sorted(places)
    for words in ("trained here", "waits for a person", "rejected by a release", "serves everybody"):
        assert words in rows
    assert "0.2000" in rows


def test_what_is_published_or_tagged_anew_is_there_at_the_next_look(full: Site) -> None:
    assert "0.2000" in full.person().opens("/models")
    publish(full.paths, "20260307T1200-cccc0000", metrics={"ndcg_at_10": 0.25})
    clone, message = clone_of(full.paths), json.dumps({"metrics": {"ndcg_at_10": 0.375}})
    git(clone, "tag", "--annotate", "--force", f"model/{NEW}", "-m", f"Model\n\n{MARK}\n{message}")
    text = full.person().opens("/models")
    assert "0.2500" in text
    assert "0.3750" in text
    assert "0.2000" not in text


def test_measures_are_shown_over_time_beside_what_they_are_held_against(full: Site) -> None:
    text = full.person().opens("/models")
    plot = text[text.index("NDCG@10 as a table") :].partition("</figure>")[0]
    values = [one.partition('"')[0] for one in plot.split('data-value="')[1:]]
    assert values[:4] == ["0.1", "0.05", "0.2", "0.05"]  # the oldest first; popularity beside it


def test_a_damaged_tag_and_a_damaged_manifest_are_shown_as_such_beside_the_others(full: Site) -> None:
    git(clone_of(full.paths), "tag", "--annotate", "model/20260307T1200-cccc0000", "-m", "no provenance")
    replace_text(full.paths.models / HERE / "manifest.json", "{")
    text = full.person().opens("/models")
    assert "Its tag says nothing of it" in text
    assert "manifest.json cannot be read" in text
    assert f'/models/{OLD}"' in text
    for name in ("20260307T1200-cccc0000", HERE):
        assert 'role="alert"' in full.person().opens(f"/models/{name}")


def test_a_clone_that_is_damaged_or_a_record_leaves_what_was_trained_here(full: Site) -> None:
    replace_text(clone_of(full.paths) / ".git" / "HEAD", "nonsense")
    replace_text(full.paths.serving, "{")
    replace_text(CycleLayout.below(full.paths.cycle).last, "[]")
    text = full.person().opens("/models")
    assert "published versions are missing here" in text
    assert "serving.json is damaged" in text
    assert "How the last retraining cycle ended cannot be read" in text
    assert f'/models/{HERE}"' in text


def test_what_a_version_says_is_text_and_nothing_else(site: Site) -> None:
    gate = {"passed": True, "checks": [{"name": HOSTILE, "sentence": HOSTILE}]}
    files = {
        "data/gate/gate.md": f"# {HOSTILE}\n\n[go](javascript:alert(1)) ![see](http://elsewhere/x.png)\n"
    }
    publish(site.paths, OLD, files, code_revision=HOSTILE, gate=gate, parameters={HOSTILE: HOSTILE})
    publish(site.paths, NEW, metrics={HOSTILE: 1.0}, data={"hash": HOSTILE, "segments": [HOSTILE]})
    person = site.person()
    addresses = (
        f"/models/{OLD}",
        f"/models/{NEW}",
        f"/models/{OLD}/gate",
        f"/models/compare?one={OLD}&other={NEW}",
    )
    for address in addresses:
        text = person.opens(address)
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
        assert "javascript:" not in text.partition("<main")[2].replace("(javascript:alert(1))", "")
        assert "<img" not in text


def test_facts_of_another_form_are_said_to_be_so(site: Site) -> None:
    publish(site.paths, OLD, data={"kafka": [3]}, metrics=[1], gate="passed")
    text = site.person().opens(f"/models/{OLD}")
    assert "a form that is not known" in text
    assert f'/models/{OLD}"' in site.person().opens("/models")
    site.person().opens(f"/models/compare?one={OLD}&other={OLD}")


def test_how_the_last_cycle_ended_is_said(site: Site) -> None:
    ended = {
        "kind": "refused",
        "step": "gate",
        "sentence": "RMSE is too high.",
        "started": "2026-03-01T12:00:00+00:00",
    }
    replace_text(CycleLayout.below(site.paths.cycle).last, json.dumps(ended))
    text = site.person().opens("/models")
    assert "2026-03-01 12:00 UTC" in text
    assert "RMSE is too high." in text
