"""Old versions lose their payloads, never their provenance; what was released loses nothing."""

import sys
from pathlib import Path

import pytest

from auto_deployment.config.publish import PublishSettings
from auto_deployment.publish.retention import Retention, choose, collect
from tests.support.cycle.published_versions import MODEL_BYTES, make_versions, stored_bytes

V = [f"2026030{day}T1200-0000000{day}" for day in range(1, 6)]


@pytest.mark.parametrize(
    ("keep", "protected", "kept"),
    [
        (2, set(), V[3:]),
        (2, {V[0]}, [V[0], *V[3:]]),
        (0, {V[1]}, [V[1]]),
        (9, set(), V),
        (1, {"unknown"}, V[4:]),
    ],
)
def test_the_newest_and_the_protected_stay(keep: int, protected: set[str], kept: list[str]) -> None:
    found = choose(list(reversed(V)), protected, keep)
    assert found.kept == tuple(kept)
    assert found.gone == tuple(one for one in V if one not in kept)


def test_what_has_to_go_goes_whether_it_is_new_or_protected() -> None:
    found = choose(V, {V[0], V[1]}, 2, away={V[0], V[4]})
    assert found.kept == (V[1], V[3])
    assert found.gone == (V[0], V[2], V[4])


@pytest.mark.usefixtures("dvc_itself")
def test_what_waits_for_review_keeps_its_data(tmp_path: Path) -> None:
    publishing = make_versions(tmp_path / "cycle", V[:2])
    publishing.commands.git("push", "--quiet", "origin", f"model/{V[0]}^{{commit}}:refs/heads/retrain/{V[0]}")
    before = stored_bytes(publishing.layout.dvc_remote)
    collect(publishing, PublishSettings(), Retention((V[1],), (V[0],)), dry_run=False)
    assert stored_bytes(publishing.layout.dvc_remote) == before


@pytest.mark.usefixtures("dvc_itself")
def test_what_goes_leaves_cache_and_remote_and_what_stays_is_complete(tmp_path: Path) -> None:
    publishing = make_versions(tmp_path / "cycle", V[:3])
    layout, retention = publishing.layout, Retention((V[0], V[2]), (V[1],))
    before = stored_bytes(layout.dvc_remote)
    collect(publishing, PublishSettings(), retention, dry_run=True)
    assert stored_bytes(layout.dvc_remote) == before
    collect(publishing, PublishSettings(), retention, dry_run=False)
    assert MODEL_BYTES <= before - stored_bytes(layout.dvc_remote) < 2 * MODEL_BYTES
    assert sorted(publishing.repository.tags()) == V[:3]
    for version, is_there in ((V[0], True), (V[1], False), (V[2], True)):
        publishing.commands.git("checkout", "--quiet", f"model/{version}")
        status, _, _ = publishing.commands.outcome(
            [sys.executable, "-m", "dvc", "pull", "--quiet", "--force"]
        )
        assert (status == 0) is is_there, version
