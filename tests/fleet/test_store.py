"""A store in a folder: versions that are whole, channels that change one at a time."""

import json
import threading
from pathlib import Path

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.fleet.errors import (
    BadNameError,
    ChangedError,
    DamagedError,
    MissingError,
    RejectedError,
    StoreError,
)
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.store import ModelStore
from tests.support.fleet import NOW, V1, V2, Meddled, model


@pytest.fixture
def files(tmp_path: Path) -> Meddled:
    (tmp_path / "store").mkdir()
    return Meddled(FolderFiles(tmp_path / "store"))


@pytest.fixture
def store(files: Meddled) -> ModelStore:
    return ModelStore(files, "films")


def test_a_published_version_is_there_with_every_file(store: ModelStore, tmp_path: Path) -> None:
    folder = model(tmp_path, V1)
    assert store.publish(folder) == V1
    assert store.versions() == [V1]
    stored = tmp_path / "store" / "models" / "films" / V1
    assert {one.name: one.read_bytes() for one in stored.iterdir()} == {
        one.name: one.read_bytes() for one in folder.iterdir()
    }


def test_who_may_write_to_the_store_may_write_to_what_others_have_made_there(
    store: ModelStore, tmp_path: Path
) -> None:
    """In containers, two accounts of one group share a folder."""
    (tmp_path / "store").chmod(0o770)
    store.publish(model(tmp_path, V1))
    store.move({"stable": V1}, NOW)
    store.reject("ab" * 32, {"release": "r1"})
    made = [path for path in (tmp_path / "store").rglob("*") if path.is_dir()]
    assert {path.name: path.stat().st_mode & 0o777 for path in made} == {
        "models": 0o770, "films": 0o770, V1: 0o770, "rejected": 0o770
    }  # fmt: skip


def test_an_upload_that_ends_in_the_middle_leaves_no_version_and_the_next_one_completes_it(
    store: ModelStore, files: Meddled, tmp_path: Path
) -> None:
    folder, uploads = model(tmp_path, V1), []

    def fail(what: str, path: str, start: int) -> None:
        uploads.append(path)
        if len(uploads) == 5:
            raise StoreError("away")

    files.on = fail
    with pytest.raises(StoreError):
        store.publish(folder)
    assert not store.has(V1)
    with pytest.raises(MissingError, match=V1):
        store.move({"stable": V1}, NOW)
    files.on = lambda *_: None
    store.publish(folder)
    assert store.versions() == [V1]


def test_publishing_again_uploads_nothing_and_another_model_of_that_version_is_refused(
    store: ModelStore, files: Meddled, tmp_path: Path
) -> None:
    folder = model(tmp_path / "a", V1)
    store.publish(folder)
    asked: list[str] = []
    files.on = lambda what, path, start: asked.append(what)
    store.publish(folder)
    assert "upload" not in asked
    with pytest.raises(BadInputError, match="never changes"):
        store.publish(model(tmp_path / "b", V1, seed=2))


def test_a_damaged_model_is_not_published(store: ModelStore, tmp_path: Path) -> None:
    folder = model(tmp_path, V1)
    (folder / "user_bias.npy").write_bytes(b"nonsense")
    with pytest.raises(BadInputError, match=r"user_bias\.npy is damaged"):
        store.publish(folder)
    assert store.versions() == []
    with pytest.raises(BadInputError, match="complete model"):
        store.publish(tmp_path / "nowhere")


def test_of_two_changes_at_once_one_is_told_and_changes_nothing(store: ModelStore, tmp_path: Path) -> None:
    for version in (V1, V2):
        store.publish(model(tmp_path, version))
    seen = store.channels()
    store.move({"stable": V1}, NOW, seen)
    with pytest.raises(ChangedError, match="somebody else"):
        store.move({"stable": V2}, NOW, seen)
    assert store.channels().channels.wanted == {"stable": V1}
    second = store.channels()
    store.move({"canary": V2}, NOW, second)
    with pytest.raises(ChangedError):
        store.move({"canary": V1}, NOW, second)
    assert store.channels().channels.wanted == {"stable": V1, "canary": V2}


def test_of_many_that_change_from_one_state_exactly_one_succeeds(store: ModelStore, tmp_path: Path) -> None:
    store.publish(model(tmp_path, V1))
    seen, outcomes = store.channels(), []

    def change(channel: str) -> None:
        try:
            store.move({channel: V1}, NOW, seen)
            outcomes.append(channel)
        except ChangedError:
            outcomes.append("")

    threads = [threading.Thread(target=change, args=(f"c{number}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [one for one in outcomes if one]
    assert store.channels().channels.wanted == {won: V1}


def test_what_is_rejected_is_wanted_by_no_channel_under_any_version(
    store: ModelStore, tmp_path: Path
) -> None:
    for version in (V1, V2):
        store.publish(model(tmp_path, version))  # the same content under two names
    hashed = json.loads(store.manifest(V1))["content_hash"]
    for _ in range(2):
        store.reject(hashed, {"release": "r1", "reason": "errors"})
    assert store.rejected() == {hashed}
    for version in (V1, V2):
        with pytest.raises(RejectedError, match=version):
            store.move({"stable": version}, NOW)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "-x", "a b", "ä", "x" * 129, "channels.json", "rejected"]
)
def test_an_odd_version_is_refused(store: ModelStore, name: str) -> None:
    with pytest.raises(BadNameError, match="version"):
        store.has(name)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "1", "stable ", "x" * 33])
def test_an_odd_channel_is_refused(store: ModelStore, tmp_path: Path, name: str) -> None:
    store.publish(model(tmp_path, V1))
    with pytest.raises(BadNameError, match="channel"):
        store.move({name: V1}, NOW)


def test_an_odd_model_is_refused(files: Meddled) -> None:
    with pytest.raises(BadNameError, match="model"):
        ModelStore(files, "../films")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"wanted": {"stable": "../x"}, "change": "", "at": "", "format": 1}',
     '{"wanted": {}, "change": "", "at": "", "format": 2}'],
)  # fmt: skip
def test_damaged_channels_are_refused_with_what_to_do(
    store: ModelStore, files: Meddled, content: str
) -> None:
    files.write("models/films/channels.json", content.encode())
    with pytest.raises(DamagedError, match="remove it, and set the channels again"):
        store.channels()


def test_a_folder_that_is_not_there_is_a_store_that_is_away_and_not_an_empty_one(tmp_path: Path) -> None:
    store = ModelStore(FolderFiles(tmp_path / "unmounted"), "films")
    with pytest.raises(StoreError, match="mount it"):
        store.channels()
    with pytest.raises(StoreError):
        store.publish(model(tmp_path, V1))
    assert not (tmp_path / "unmounted").exists()
