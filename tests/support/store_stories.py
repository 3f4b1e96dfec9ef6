"""What must hold of a model store wherever its files are: told of fakes and of real servers."""

import threading
from pathlib import Path

import pytest

from auto_deployment.fleet.errors import ChangedError, MissingError, UsedError
from auto_deployment.fleet.store import ModelStore
from tests.support.fleet import NOW, V1, V2, model


def of_two_changes_one_is_told(store: ModelStore, folder: Path) -> None:
    for version in (V1, V2):
        store.publish(model(folder, version))
    first = store.channels()
    store.move({"stable": V1}, NOW, first)
    with pytest.raises(ChangedError):
        store.move({"stable": V2}, NOW, first)  # there was none
    second = store.channels()
    store.move({"canary": V2}, NOW, second)
    with pytest.raises(ChangedError):
        store.move({"canary": V1}, NOW, second)  # another one
    assert store.channels().channels.wanted == {"stable": V1, "canary": V2}
    third = store.channels()
    store.files.remove(store.path("channels.json"))
    with pytest.raises(ChangedError):
        store.move({"stable": V2}, NOW, third)  # none any more


def of_many_changes_one_succeeds(store: ModelStore, folder: Path, is_first: bool) -> None:
    store.publish(model(folder, V1))
    if not is_first:
        store.move({"stable": V1}, NOW)
    seen, won, lost = store.channels(), [], []

    def change(channel: str) -> None:
        try:
            store.move({channel: V1}, NOW, seen)
            won.append(channel)
        except ChangedError:
            lost.append(channel)

    threads = [threading.Thread(target=change, args=(f"c{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    assert set(store.channels().channels.wanted) == {*won, *([] if is_first else ["stable"])}


def what_is_deleted_cannot_be_wanted(store: ModelStore, folder: Path) -> None:
    for version in (V1, V2):
        store.publish(model(folder, version))
    store.move({"stable": V1}, NOW)
    before = store.channels()
    with pytest.raises(UsedError):
        store.delete(V1, NOW)
    store.delete(V2, NOW)
    assert (store.versions(), store.files.names(store.path(V2))) == ([V1], [])
    with pytest.raises(ChangedError):
        store.move({"canary": V1}, NOW, before)


def what_is_not_there_is_not_a_store_that_is_away(store: ModelStore) -> None:
    with pytest.raises(MissingError):
        store.files.read("models/films/x")
    with pytest.raises(MissingError):
        store.files.read_part("models/films/x", 0, 10)
    store.files.write("short", b"123")
    assert store.files.read_part("short", 1, 10) == b"23"
    assert store.files.read_part("short", 3, 10) == b""
    assert store.files.names("nowhere") == []
    store.files.remove("nowhere")
    assert store.files.read_tagged("nowhere") == (b"", None)


def a_change_that_is_sent_again_has_succeeded(store: ModelStore) -> None:
    for content in (b"content", b"another"):
        _, tag = store.files.read_tagged("x.json")
        for _ in range(2):
            store.files.swap("x.json", content, tag)
        assert store.files.read("x.json") == content
