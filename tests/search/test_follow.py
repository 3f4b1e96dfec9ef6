"""Which index a process wants: the one that an agent brings, else the one that came with its image."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.host.files import replace_link
from search.holder import Holder
from search.index_files import open_head, read_manifest
from search.index_format import Head
from tests.support.search import small_catalogue
from tests.support.search_services import publish_index


@pytest.fixture
def place(tmp_path: Path) -> Path:
    baked = publish_index(tmp_path / "image", small_catalogue(60))
    replace_link(tmp_path / "image" / "current", baked)
    return tmp_path


def holder_of(place: Path) -> Holder[Head]:
    return Holder(place / "image", open_head, place / "node" / "channels" / "stable")


def bring(place: Path, movies: int = 80) -> str:
    version = publish_index(place / "node" / "versions", small_catalogue(movies))
    (place / "node" / "channels").mkdir(exist_ok=True)
    replace_link(place / "node" / "channels" / "stable", f"../versions/{version}")
    return version


def test_what_an_agent_has_brought_comes_before_what_the_image_has(place: Path) -> None:
    holder = holder_of(place)
    holder.look()
    baked = holder.wanted
    version = bring(place)
    holder.look()
    assert (holder.wanted, list(holder.held)) == (version, [baked, version])
    assert holder.refused == {}


def test_where_what_was_brought_is_broken_the_image_has_something_for_who_begins(place: Path) -> None:
    version = bring(place)
    (place / "node" / "versions" / version / "centroids.npy").write_bytes(b"")
    holder = holder_of(place)
    holder.look()
    assert len(holder.held) == 1
    assert holder.wanted != version
    assert "centroids.npy" in "".join(holder.refused.values())


def test_who_has_something_keeps_it_where_what_was_brought_is_broken(place: Path) -> None:
    first = bring(place)
    holder = holder_of(place)
    holder.look()
    second = bring(place, 90)
    (place / "node" / "versions" / second / "centroids.npy").write_bytes(b"")
    holder.look()
    assert (holder.wanted, list(holder.held)) == (first, [first])
    assert list(holder.refused) == [str(place / "node" / "versions" / second)]


def test_a_version_that_is_gone_from_the_disk_is_still_held(place: Path) -> None:
    version = bring(place)
    holder = holder_of(place)
    holder.look()
    shutil.rmtree(place / "node" / "versions" / version)
    holder.look()
    assert list(holder.held) == [version]


def test_a_manifest_is_read_again_once_it_was_written_and_not_before(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, reads = holder_of(place), list[Path]()
    holder.look()

    def read(folder: Path) -> dict[str, Any]:
        reads.append(folder)
        return read_manifest(folder)

    monkeypatch.setattr("search.holder.read_manifest", read)
    holder.look()
    assert reads == []
    manifest = (place / "image" / "current").resolve() / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    holder.look()
    assert len(reads) == 1
    assert "was changed after it was written" in " ".join(holder.refused.values())
    holder.look()
    assert len(reads) == 2, "what is refused is looked at again"
    assert len(holder.held) == 1
