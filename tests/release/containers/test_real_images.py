"""Images with the real engine: a reader that is killed keeps no image for ever."""

import io
import json
import subprocess
import tarfile
import uuid
from collections.abc import Iterator

import pytest

from auto_deployment.release.containers import images as module
from auto_deployment.release.containers.docker import Docker, NotThereError
from auto_deployment.release.containers.images import DockerImages
from tests.support.systems.containers import docker

pytestmark = pytest.mark.lab

RELEASE = "20260301T0000-00000001-abc1234"
MANIFEST = {"version": RELEASE.rpartition("-")[0], "content_hash": "content"}


class KilledReaderError(Exception):
    """Stands for SIGKILL: nothing of the reader runs on."""


class KilledBeforeRemoval(Docker):
    """The command line of a reader that is killed after it made its container."""

    def run(self, *words: str, timeout_s: float = 60) -> str:
        if words[0] == "rm":
            raise KilledReaderError
        return super().run(*words, timeout_s=timeout_s)


@pytest.fixture
def repository() -> Iterator[str]:
    """An image of the service that holds nothing but what is read of it."""
    name = f"marquee-test-{uuid.uuid4().hex[:8]}"
    with io.BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for path, text in (("model/manifest.json", json.dumps(MANIFEST)), ("srv/REVISION", "abc1234")):
                info = tarfile.TarInfo(path)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        command = ["docker", "import", "--change", 'CMD ["/none"]', "-", f"{name}:ci-7"]
        subprocess.run(command, input=file.getvalue(), check=True, capture_output=True)
    yield name
    docker("rmi", f"{name}:ci-7")


def test_the_image_of_a_killed_reader_can_be_removed(
    repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READING_MAX_S", -1)  # as if it were killed five minutes ago
    with pytest.raises(KilledReaderError):
        DockerImages(KilledBeforeRemoval(), repository).build_of(f"{repository}:ci-7")
    images = DockerImages(Docker(), repository)
    with pytest.raises(KilledReaderError):
        DockerImages(KilledBeforeRemoval(), repository).build_of(f"{repository}:ci-7")
    docker("tag", f"{repository}:ci-7", f"{repository}:{RELEASE}")
    images.forget(RELEASE)
    with pytest.raises(NotThereError):
        images.id_of(f"{repository}:{RELEASE}")
    left = docker("ps", "--all", "--quiet", "--filter", f"ancestor={repository}:ci-7")
    assert left == ""
