"""What releases and the retraining cycle tell each other."""

import json
from pathlib import Path

import pytest

from auto_deployment.paths import Paths
from auto_deployment.release.records import (
    ARTEFACT,
    CODE,
    RecordError,
    RejectedRelease,
    Serving,
    add_rejected,
    read_rejected,
    read_released,
    read_serving,
    write_serving,
)

SERVING = Serving("20260301T1200-aa", "c0ffee", "abc1234", "20260301T1200-aa-abc1234", "2026-03-01T12:00:00Z")
BAD_MODEL = RejectedRelease(
    ARTEFACT, "r1", "too slow", "2026-03-02T12:00:00Z", content_hash="beef", model_version="v"
)
BAD_CODE = RejectedRelease(CODE, "r1", "errs", "2026-03-02T12:00:00Z", code_revision="abc")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path)


def test_before_the_first_release_nothing_serves_and_nothing_is_rejected(paths: Paths) -> None:
    assert read_serving(paths) is None
    assert read_rejected(paths) == ()
    assert read_released(paths) == frozenset()


def test_what_serves_is_read_back_and_remembered_as_released(paths: Paths) -> None:
    write_serving(paths, SERVING)
    newer = Serving(
        "20260303T1200-bb", "dec0de", "abc1234", "20260303T1200-bb-abc1234", "2026-03-03T12:00:00Z"
    )
    write_serving(paths, newer)
    assert read_serving(paths) == newer
    assert read_released(paths) == {SERVING.model_version, newer.model_version}


def test_rejections_add_up_and_the_same_one_counts_once(paths: Paths) -> None:
    for one in (BAD_MODEL, BAD_CODE, BAD_MODEL):
        add_rejected(paths, one)
    assert read_rejected(paths) == (BAD_MODEL, BAD_CODE)


@pytest.mark.parametrize("content", ["", "{", '{"a": 1}', "[1]", '[{"kind": "artefact"}]'])
def test_a_damaged_list_of_rejections_is_named_not_taken_for_empty(paths: Paths, content: str) -> None:
    paths.releases.mkdir()
    (paths.releases / "rejected.json").write_text(content, "utf-8")
    with pytest.raises(RecordError, match=r"rejected\.json is damaged .*restore it"):
        read_rejected(paths)


@pytest.mark.parametrize("content", ["", "[]", "7", '{"model_version": "v"}'])
def test_a_damaged_record_of_what_serves_is_named(paths: Paths, content: str) -> None:
    paths.releases.mkdir()
    (paths.releases / "serving.json").write_text(content, "utf-8")
    with pytest.raises(RecordError, match=r"serving\.json is damaged"):
        read_serving(paths)


@pytest.mark.parametrize("content", ["null", '{"v": 1}', '["v", 1]'])
def test_a_damaged_list_of_released_versions_is_named(paths: Paths, content: str) -> None:
    paths.releases.mkdir()
    (paths.releases / "released.json").write_text(content, "utf-8")
    with pytest.raises(RecordError, match=r"released\.json is damaged"):
        read_released(paths)


@pytest.mark.parametrize(("field", "value"), [("since", 5), ("release", None), ("colour", "red")])
def test_a_damaged_field_of_what_serves_is_named(paths: Paths, field: str, value: object) -> None:
    write_serving(paths, SERVING)
    path = paths.releases / "serving.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), field: value}), "utf-8")
    with pytest.raises(RecordError, match=rf"serving\.json is damaged .*{field}"):
        read_serving(paths)


@pytest.mark.parametrize(("field", "value"), [("at", None), ("content_hash", 5), ("colour", "red")])
def test_a_damaged_field_of_a_rejection_is_named(paths: Paths, field: str, value: object) -> None:
    add_rejected(paths, BAD_CODE)
    path = paths.releases / "rejected.json"
    path.write_text(json.dumps([{**json.loads(path.read_bytes())[0], field: value}]), "utf-8")
    with pytest.raises(RecordError, match=rf"rejected\.json is damaged .*{field}"):
        read_rejected(paths)
