"""Images on Kubernetes: what a pod found in one, and the name that it has from then on."""

import itertools

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.release.kubernetes.look_into import LOOK, look_into
from auto_deployment.release.ports import PortError
from tests.release.kubernetes.conftest import NEW, NEW_RELEASE, OLD, OLD_RELEASE, World, told


def test_what_is_in_an_image_is_found_out_by_a_pod_that_goes_again(world: World) -> None:
    build = look_into(world.api, NEW).build
    assert (build.release, build.model_version, build.code_revision) == (NEW_RELEASE, "v2", "abc1234")
    assert world.fake.deployment(LOOK)["spec"]["replicas"] == 0


def test_a_release_is_the_image_by_digest_where_the_node_knows_one(world: World) -> None:
    world.fake.contents["shop/marquee:3"] = told("v3", "shop/marquee@sha256:3")
    assert world.images.of(world.images.keep("shop/marquee:3").release) == "shop/marquee@sha256:3"
    assert world.images.of(NEW_RELEASE) == NEW


def test_releases_are_known_by_image_and_name(world: World) -> None:
    assert sorted(world.images.releases()) == [OLD_RELEASE, NEW_RELEASE]
    assert world.images.release_of(NEW) == NEW_RELEASE
    assert world.images.build_of(NEW_RELEASE).content_hash == "content-of-v2"
    world.images.forget(NEW_RELEASE)
    assert world.images.releases() == [OLD_RELEASE]
    with pytest.raises(PortError, match=f"Nobody knows the image of release {NEW_RELEASE}: deploy it again"):
        world.images.of(NEW_RELEASE)


def test_a_release_that_is_gone_is_not_looked_for_in_a_registry(world: World) -> None:
    with pytest.raises(
        PortError, match="v0-abc1234 is no release that is known here, and no image with a tag"
    ):
        world.images.id_of(world.images.tag("v0-abc1234"))
    assert world.fake.patches == []


def test_what_an_instance_runs_is_looked_into_by_its_name(world: World) -> None:
    assert world.images.keep(world.images.tag("stable-1")).release == OLD_RELEASE


def test_another_image_of_the_same_name_is_refused_unless_nothing_ever_ran(world: World) -> None:
    world.fake.contents["shop/marquee:again"] = told("v2", "sha256:other")
    with pytest.raises(BadInputError, match="has been released before as another image"):
        world.images.keep("shop/marquee:again")
    assert world.images.of(NEW_RELEASE) == NEW
    world.images.keep("shop/marquee:again", may_move=True)
    assert world.images.of(NEW_RELEASE) == "shop/marquee:again"


def test_an_image_that_cannot_be_pulled_is_told_at_once(world: World) -> None:
    waiting = {"reason": "ErrImagePull", "message": "manifest unknown"}
    world.fake.contents["shop/none:1"] = {"state": {"waiting": waiting}}
    with pytest.raises(PortError, match=r"the image shop/none:1 cannot be pulled \(ErrImagePull: manifest"):
        world.images.keep("shop/none:1")
    assert world.fake.deployment(LOOK)["spec"]["replicas"] == 0


def test_an_image_of_something_else_is_no_release(world: World) -> None:
    ended = {"terminated": {"exitCode": 1, "message": "no such file: /model/manifest.json"}}
    world.fake.contents["nginx:1"] = {"state": ended, "imageID": "sha256:n"}
    with pytest.raises(BadInputError, match=r"nginx:1 is no image of the inference service \(no such file"):
        world.images.keep("nginx:1")


def test_a_pod_that_never_comes_is_waited_for_no_longer_than_said(world: World) -> None:
    clock = itertools.count(0, 50)
    with pytest.raises(PortError, match="Nobody could look into slow:1 within 3 min: no pod was made"):
        look_into(world.api, "slow:1", clock=lambda: next(clock), pause=lambda seconds: None)
    assert world.fake.deployment(LOOK)["spec"]["replicas"] == 0


def test_a_damaged_file_of_a_release_is_told(world: World) -> None:
    (world.images._folder / "v9-abc.json").write_text("{}", "utf-8")
    with pytest.raises(PortError, match="holds a damaged release"):
        world.images.release_of(OLD)
