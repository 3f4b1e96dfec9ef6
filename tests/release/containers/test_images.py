"""Images: known by what is in them, named once and for all, one name for each release."""

import io
import tarfile
import time
from typing import Any, cast

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.release.containers.docker import DockerError, NotThereError
from auto_deployment.release.containers.images import DockerImages
from tests.support.release.fake_engine import FakeEngine

V1, V2 = "20260301T0000-00000001", "20260302T0000-00000002"


def archive(text: str) -> bytes:
    """Return what `docker cp` prints of a file with this text."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text.encode()))
    return file.getvalue()


@pytest.fixture
def engine() -> FakeEngine:
    found = FakeEngine()
    found.add("sha256:1", "marquee:stable-1", V1)
    found.add("sha256:2", "marquee:ci-7", V2)
    return found


@pytest.fixture
def images(engine: FakeEngine) -> DockerImages:
    return DockerImages(cast("Any", engine), "marquee")


def test_an_image_is_what_its_content_says(images: DockerImages, engine: FakeEngine) -> None:
    build = images.build_of("marquee:ci-7")
    assert (build.release, build.content_hash) == (f"{V2}-abc1234", f"content-{V2}")
    calls = len(engine.calls)
    images.build_of("marquee:ci-7")
    assert engine.calls[calls:] == ["image inspect --format {{.Id}} marquee:ci-7"]
    assert sum(call.startswith("create ") for call in engine.calls) == 1
    assert "rm --force made-of:sha256:2" in engine.calls


def test_a_name_for_ever_is_given_once(images: DockerImages, engine: FakeEngine) -> None:
    images.keep("marquee:ci-7")
    images.keep("marquee:ci-7")
    assert engine.tags[f"marquee:{V2}-abc1234"] == "sha256:2"
    assert sum(call.startswith("tag ") for call in engine.calls) == 1


def test_another_image_of_a_release_that_ran_is_refused(images: DockerImages, engine: FakeEngine) -> None:
    images.keep("marquee:ci-7")
    engine.add("sha256:3", "marquee:ci-8", V2)
    with pytest.raises(BadInputError, match="has been released before as another image"):
        images.keep("marquee:ci-8")
    assert engine.tags[f"marquee:{V2}-abc1234"] == "sha256:2"


def test_one_that_never_ran_gives_its_name_to_the_tested_one(
    images: DockerImages, engine: FakeEngine
) -> None:
    images.keep("marquee:ci-7")
    engine.add("sha256:3", "marquee:ci-8", V2)
    images.keep("marquee:ci-8", may_move=True)
    assert engine.tags[f"marquee:{V2}-abc1234"] == "sha256:3"


def test_what_is_no_image_of_the_service_is_named(images: DockerImages, engine: FakeEngine) -> None:
    engine.add("sha256:4", "other:latest", V1, code="a b")
    with pytest.raises(BadInputError, match="which is no release id"):
        images.build_of("other:latest")
    with pytest.raises(DockerError, match="no such image"):
        images.build_of("marquee:nowhere")


@pytest.mark.parametrize(
    "content", [None, b"no archive", b"", archive("{"), archive("[]"), archive('{"version": "v1"}')]
)
def test_what_has_no_manifest_is_refused_and_leaves_no_container(
    images: DockerImages, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    usual = engine.read

    def read(*words: str, timeout_s: float = 60) -> bytes:
        if words[0] != "cp":
            return usual(*words, timeout_s=timeout_s)
        if content is None:
            raise NotThereError("docker cp: no such file")
        return content

    monkeypatch.setattr(engine, "read", read)
    with pytest.raises(BadInputError, match=r"^marquee:ci-7 is no image of the inference service \(.+\)\.$"):
        images.keep("marquee:ci-7")
    assert engine.calls[-1] == "rm --force made-of:sha256:2"
    assert f"marquee:{V2}-abc1234" not in engine.tags
    monkeypatch.undo()
    assert images.build_of("marquee:ci-7").model_version == V2  # the failure is not remembered


def test_what_a_killed_reader_has_left_is_removed_and_a_reader_at_work_keeps_his(
    images: DockerImages, engine: FakeEngine
) -> None:
    images.keep("marquee:ci-7")
    engine.left = {"old": time.time() - 1, "at-work": time.time() + 60}
    images.forget(f"{V2}-abc1234")
    assert list(engine.left) == ["at-work"]
    engine.left["old"] = time.time() - 1
    images.build_of("marquee:stable-1")
    assert list(engine.left) == ["at-work"]


def test_a_tag_that_moves_is_looked_into_again(images: DockerImages, engine: FakeEngine) -> None:
    assert images.build_of("marquee:stable-1").model_version == V1
    engine.tags["marquee:stable-1"] = "sha256:2"
    assert images.build_of("marquee:stable-1").model_version == V2


def test_images_of_others_and_tags_of_instances_are_no_releases(
    images: DockerImages, engine: FakeEngine
) -> None:
    engine.tags.update({f"other:{V1}-abc1234": "sha256:1", "marquee:latest": "sha256:1"})
    assert images.releases() == []


def test_releases_are_the_names_that_never_move(images: DockerImages) -> None:
    images.keep("marquee:stable-1")
    images.keep("marquee:ci-7")
    assert sorted(images.releases()) == [f"{V1}-abc1234", f"{V2}-abc1234"]
    images.point("canary", f"{V2}-abc1234")
    images.forget(f"{V1}-abc1234")
    assert images.releases() == [f"{V2}-abc1234"]
    assert images.id_of("marquee:canary") == "sha256:2"
