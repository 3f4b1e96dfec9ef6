"""Whom a new model has to beat."""

from collections.abc import Mapping

import pytest

from auto_deployment.cycle.champion import NOBODY, choose_champion
from auto_deployment.release.records import ARTEFACT, CODE, RejectedRelease, Serving

TAGS = {"20260301T1200-aa": "a", "20260303T1200-bb": "b", "20260305T1200-cc": "c"}


def serving(version: str, content_hash: str = "s") -> Serving:
    return Serving(version, content_hash, "code", "7", "2026-03-04T00:00:00+00:00")


def rejected(content_hash: str | None, kind: str = ARTEFACT) -> RejectedRelease:
    return RejectedRelease(kind, "8", "slow", "2026-03-05T00:00:00+00:00", content_hash=content_hash)


@pytest.mark.parametrize(
    ("tags", "serves", "ruled_out", "version", "content_hash", "why"),
    [
        ({}, None, (), None, None, NOBODY),
        (TAGS, None, (), "20260305T1200-cc", "c", "newest published"),
        (TAGS, None, (rejected("c"),), "20260303T1200-bb", "b", "newest published"),
        (TAGS, None, (rejected(None, CODE),), "20260305T1200-cc", "c", "newest published"),
        (TAGS, None, tuple(map(rejected, "abc")), None, None, NOBODY),
        (TAGS, serving("20260301T1200-aa"), (), "20260301T1200-aa", "s", "it serves"),
        (TAGS, serving("20260301T1200-aa"), (rejected("s"),), "20260301T1200-aa", "s", "it serves"),
        (TAGS, serving("20250101T0000-ee"), (), None, None, "never published here"),
        ({**TAGS, "zebra": None}, None, (), "20260305T1200-cc", "c", "newest published"),
        ({"zebra": None}, None, (), None, None, NOBODY),
    ],
    ids=[
        "nothing published", "no release yet", "the newest was rejected", "only code was rejected",
        "all rejected", "one serves", "what serves was rejected", "what serves is a stranger",
        "a tag of somebody else", "only a tag of somebody else",
    ],
)  # fmt: skip
def test_the_champion_is_what_serves_else_the_newest_that_was_not_rejected(
    tags: Mapping[str, str | None],
    serves: Serving | None,
    ruled_out: tuple[RejectedRelease, ...],
    version: str | None,
    content_hash: str | None,
    why: str,
) -> None:
    champion = choose_champion(tags, serves, ruled_out)
    assert (champion["version"], champion["content_hash"]) == (version, content_hash)
    assert why in champion["source"]
