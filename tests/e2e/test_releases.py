"""Releases with real containers, NGINX and Prometheus, in shortened time: each ends as it should."""

from collections.abc import Iterator

import pytest

from tests.support.http import get
from tests.support.systems.containers import Stack, StackError, docker, kill
from tests.support.systems.releasing import ENDS_WITHIN_S, PARTS, Releases, asking, released
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

KNOWN = 2000  # users whom the demo model knows


@pytest.fixture(scope="module")
def releases(images: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """A stack with images of its own names, as releases move them."""
    folder, candidates = tmp_path_factory.mktemp("released"), tmp_path_factory.mktemp("candidates")
    with released(images, folder, candidates) as found:
        yield found


def test_a_good_candidate_is_promoted_and_nobody_notices(releases: Releases) -> None:
    with asking(releases.stack.port):
        releases.deploy("good0001")
        reason = releases.wait_for("promoted", "aborted")
    assert releases.phase() == "promoted", reason
    assert "The window of 45 s is over" in reason
    assert set(releases.runs().values()) == {"good0001"}
    assert get(releases.stack.port, "/recommend/1").headers["x-release"].endswith("good0001")
    assert any("Promoted" in subject for subject in releases.mails())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("errs:0.2", "bad"),
        ("kills:0.1", "bad"),
        ("slow", "bad"),
        ("popular", "popularity list"),
    ],
)
def test_a_bad_candidate_is_gone_and_nobody_notices(releases: Releases, fault: str, said: str) -> None:
    before = releases.runs()["stable-1"]
    users = KNOWN if fault == "popular" else 1_000_000
    with asking(releases.stack.port, users):
        releases.deploy(f"{fault.partition(':')[0]}01", fault)
        reason = releases.wait_for("promoted", "aborted")
        assert releases.phase() == "aborted"
        eventually(lambda: releases.runs()["canary"] == "")
    assert said in reason
    assert releases.runs() == {"stable-1": before, "stable-2": before, "canary": ""}
    assert any("Aborted" in subject for subject in releases.mails())


def test_a_candidate_that_does_not_start_is_gone(releases: Releases) -> None:
    releases.deploy("unready1", "unready")
    assert "did not become healthy" in releases.wait_for("promoted", "aborted")


def test_a_rejected_candidate_comes_back_neither_by_a_deploy_nor_by_a_reboot(releases: Releases) -> None:
    image = releases.stack.stack.environ["MARQUEE_IMAGE"]
    with pytest.raises(StackError, match="was rejected"):
        releases.marquee("deploy", f"{image}:errs01")
    stable = releases.runs()["stable-1"]
    docker("kill", *(releases.stack.stack.container(name) for name in ("stable-1", "stable-2", "controller")))
    releases.stack.stack.compose("up", "-d", "--no-build", *PARTS)
    eventually(
        lambda: set(releases.runs().values()) <= {stable, ""} and releases.stack.stack.is_well("stable-1")
    )
    releases.stack.stack.wait_until_well("controller")
    assert releases.phase() == "aborted"


def test_killed_in_the_middle_everything_goes_on(releases: Releases) -> None:
    """The controller with kill -9 while it bakes and while it promotes, and a person who cannot wait."""
    with asking(releases.stack.port):
        releases.bake("good0002")
        kill(releases.stack.stack, "controller")
        releases.stack.stack.wait_until_well("controller")
        assert releases.phase() == "baking"
        releases.marquee("promote", "--by", "ann", "--reason", "urgent")
        releases.wait_for("promoting")
        kill(releases.stack.stack, "controller")
        assert "Promoted by ann: urgent." in releases.wait_for("promoted", "aborted")
    assert set(releases.runs().values()) == {"good0002"}


def test_an_older_release_is_put_back_and_nobody_notices(releases: Releases) -> None:
    with asking(releases.stack.port):
        releases.marquee("rollback", "--by", "ann", "--reason", "the lists look odd")
        eventually(lambda: set(releases.runs().values()) == {"good0001"}, ENDS_WITHIN_S)
        releases.wait_for("promoted")
    image = releases.stack.stack.environ["MARQUEE_IMAGE"]
    with pytest.raises(StackError, match="was rejected"):
        releases.marquee("deploy", f"{image}:good0002")


def test_without_prometheus_nothing_is_promoted(releases: Releases) -> None:
    with asking(releases.stack.port):
        releases.deploy("good0003")
        releases.wait_for("baking")
        releases.stack.stack.compose("stop", "prometheus")
        try:
            assert "Metrics have been unavailable" in releases.wait_for("promoted", "aborted")
        finally:
            releases.stack.stack.compose("start", "prometheus")
    assert any("Metrics unavailable" in subject for subject in releases.mails())
