"""What the pipeline knows of a candidate goes with its release to the end."""

import json
from pathlib import Path

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.host.codec import from_plain, to_plain
from auto_deployment.release.mail_pages import ReleaseEvent, promoted_mail
from auto_deployment.release.online.of_model import branches, releases_of
from auto_deployment.release.origin import origin_line, parse_origin
from auto_deployment.release.release import Phase, Release
from auto_deployment.release.status import history_line
from tests.support.release.world import NEW, World, quick

WORDS = ["merge_request=12", "author=ann", "approver=bob", "pipeline=345", "image_id=sha256:0", "ref="]


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path, quick())
    found.inbox.request(NEW, "pipeline", found.now, origin=parse_origin(WORDS))
    found.until(Phase.PROMOTED)
    return found


def test_what_is_empty_is_left_out() -> None:
    assert "ref" not in parse_origin(WORDS)


@pytest.mark.parametrize("word", ["merge_request", "colour=red", "author=a\nb", f"author={'x' * 301}"])
def test_what_cannot_be_used_is_named(word: str) -> None:
    with pytest.raises(BadInputError, match=r"KEY=VALUE|one line of at most"):
        parse_origin([word])


def test_it_is_in_the_record_the_history_and_the_mail(world: World) -> None:
    assert world.release.origin == parse_origin(WORDS)
    line = "merge request !12, by ann, approved by bob, pipeline 345"
    assert line in history_line(world.release)
    record = world.store.newest()
    assert record is not None
    text = promoted_mail(ReleaseEvent(record, None, world.params, world.now)).text
    for said in ("12", "ann", "bob", "345"):
        assert said in text.partition("Merge request")[2]


def test_a_record_of_old_has_none(world: World) -> None:
    content = to_plain(world.release)
    del content["origin"]
    assert from_plain(Release, json.loads(json.dumps(content))).origin == {}


def test_provenance_says_who_wanted_it_who_approved_it_and_when_it_was_deployed(world: World) -> None:
    found = releases_of(world.store, NEW.model_version, NEW.code_revision)
    ((head, leaves),) = branches(found)
    assert head.startswith(f"{NEW.release}: promoted 2026-03-01")
    said = "\n".join(text for text, _ in leaves)
    assert "deployed: 2026-03-01 06:00 UTC by pipeline" in said
    assert "Merge request: 12" in said
    assert "Approved by: bob" in said
    assert "serves everybody since" in said
    assert releases_of(world.store, NEW.model_version, "other") == []


def test_without_a_merge_request_the_image_says_which_it_was() -> None:
    assert origin_line({"image_id": "sha256:0123456789abcdef"}) == "image sha256:0123456789ab"
