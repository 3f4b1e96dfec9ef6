"""What a person says means one release: an old mail's command does nothing to a later one."""

from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.errors import MarqueeError
from auto_deployment.host.codec import from_plain, to_plain
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.release import Action, Phase, ReleaseCommand
from tests.support.release.world import NEW, START, World, build, quick


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path, quick())
    found.deploy()
    found.until(Phase.BAKING)
    return found


def test_a_word_on_an_ended_release_comes_to_nothing(world: World) -> None:
    world.deploy(build("v3"))
    world.poll()
    world.say(Action.PROMOTE, release=NEW.release)
    world.say(Action.ABORT, release=NEW.release)
    world.polls(3)
    assert world.release.id == build("v3").release
    assert world.release.commands == ()
    assert world.release.under_way


def test_a_word_on_the_release_under_way_counts(world: World) -> None:
    world.say(Action.ABORT, release=NEW.release)
    world.poll()
    assert world.release.phase is Phase.ABORTED


def test_a_word_waits_with_the_release_it_means(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    said = inbox.command(Action.EXTEND, NEW.release, "ann", START, "holiday", 60.0)
    assert list(inbox.waiting()) == [said]
    assert said.release == NEW.release


def test_a_record_of_old_named_no_release() -> None:
    word = ReleaseCommand("w", Action.ABORT, "ann", START)
    content = to_plain(word)
    del content["release"]
    assert from_plain(ReleaseCommand, content) == word


def test_the_command_refuses_what_is_not_under_way(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(world.paths.root))
    assert main(["release", "abort", "--release", "v9-gone", "--by", "ann"]) == 1
    said = capsys.readouterr().err
    assert said == f"v9-gone is not under way: {NEW.release} is. Nothing was changed.\n"
    assert list(world.inbox.waiting()) == []
    assert main(["release", "abort", "--release", NEW.release, "--by", "ann"]) == 0
    world.poll()
    assert world.release.phase is Phase.ABORTED


def test_with_a_full_disk_a_person_hears_what_to_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auto_deployment.host.files.os.fsync", full)
    with pytest.raises(MarqueeError, match=r"nothing was said. Make room .* rm --stop --force canary"):
        world.say(Action.ABORT)
    assert list(world.inbox.waiting()) == []
