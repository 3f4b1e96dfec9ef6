"""A fake API of Kubernetes, and the ports before it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from auto_deployment.release.kubernetes.api import Api
from auto_deployment.release.kubernetes.images import KubernetesImages
from auto_deployment.release.kubernetes.instances import KubernetesInstances
from tests.support.release.fake_kubernetes import FakeKubernetes, fake_kubernetes

OLD, NEW = "shop/marquee:1", "shop/marquee:2"
OLD_RELEASE, NEW_RELEASE = "v1-abc1234", "v2-abc1234"


def told(version: str, image_id: str = "", revision: str = "abc1234") -> dict[str, object]:
    """Return the status of a container that has looked into an image and ended."""
    message = json.dumps({"version": version, "content_hash": f"content-of-{version}", "revision": revision})
    return {
        "imageID": image_id or f"sha256:{version}",
        "state": {"terminated": {"exitCode": 0, "message": message}},
    }


@dataclass(frozen=True, slots=True)
class World:
    """The fake, and what is tried on it. `OLD` serves, and both releases are known."""

    fake: FakeKubernetes
    api: Api
    images: KubernetesImages
    instances: KubernetesInstances


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fake_kubernetes(tmp_path, OLD) as (fake, api):
        fake.contents = {OLD: told("v1"), NEW: told("v2")}
        images = KubernetesImages(api, tmp_path / "kept")
        images.keep(OLD)
        images.keep(NEW)
        fake.patches.clear()
        yield World(fake, api, images, KubernetesInstances(api, images))
