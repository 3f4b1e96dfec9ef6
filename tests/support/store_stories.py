"""What must hold of a model store wherever its files are: of fakes and of real servers.

A test file has a class of its own that inherits these, and a fixture `store`.
"""

import threading
from pathlib import Path

import pytest

from auto_deployment.fleet.errors import ChangedError, MissingError, UsedError
from auto_deployment.fleet.store import ModelStore
from tests.support.fleet import NOW, V1, V2, model


class StoreStories:
    """Two who change one after the other, and what is not there."""

    def test_of_two_changes_at_once_one_is_told(self, store: ModelStore, tmp_path: Path) -> None:
        for version in (V1, V2):
            store.publish(model(tmp_path, version))
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

    def test_a_version_is_deleted_and_whoever_looked_before_cannot_want_it(
        self, store: ModelStore, tmp_path: Path
    ) -> None:
        for version in (V1, V2):
            store.publish(model(tmp_path, version))
        store.move({"stable": V1}, NOW)
        before = store.channels()
        with pytest.raises(UsedError):
            store.delete(V1, NOW)
        store.delete(V2, NOW)
        assert (store.versions(), store.files.names(store.path(V2))) == ([V1], [])
        with pytest.raises(ChangedError):
            store.move({"canary": V1}, NOW, before)

    def test_what_is_not_there_is_not_a_store_that_is_away(self, store: ModelStore) -> None:
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

    def test_a_change_that_is_sent_again_has_succeeded(self, store: ModelStore) -> None:
        for content in (b"content", b"another"):
            _, tag = store.files.read_tagged("x.json")
            for _ in range(2):
                store.files.swap("x.json", content, tag)
            assert store.files.read("x.json") == content


class ServerStories(StoreStories):
    """The same of a server, which is asked by many at once as well."""

    @pytest.mark.parametrize("is_first", [True, False])
    def test_of_many_that_change_from_one_state_exactly_one_succeeds(
        self, store: ModelStore, tmp_path: Path, is_first: bool
    ) -> None:
        store.publish(model(tmp_path, V1))
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
