"""What a store has: models, and the indexes that words find movies with. Both are folders with a manifest."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app.artifact import ArtifactError, read_manifest
from auto_deployment.errors import BadInputError
from search.index_files import read_manifest as read_index_manifest
from search.index_format import SHARDS, BrokenIndexError, files_of_clusters, files_of_head

GATEWAY, ALL = "gateway", "all"
Files = Mapping[str, Any]  # name -> what the manifest says of it
Step = Callable[[Path, Files], Collection[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a folder of this kind is read, and which of its files a node needs.

    `read` raises `ArtifactError`. Each of `steps` names files, from what those before have brought here.
    """

    read: Callable[[Path], Mapping[str, Any]]
    steps: tuple[Step, ...]


def _every_file(folder: Path, files: Files) -> Collection[str]:
    return files.keys()


def _what_shards_have(folder: Path, files: Files) -> Collection[str]:
    return {SHARDS}


def _parts(wanted: Collection[str], folder: Path, files: Files) -> Collection[str]:
    """Return the files of the named parts: the gateway's, and those of shards by number."""
    try:
        shards = json.loads((folder / SHARDS).read_bytes())["shards"]
        numbers = [int(one) for one in wanted if one != GATEWAY]
        if unknown := [one for one in numbers if one >= len(shards)]:
            raise ArtifactError(f"{folder.name} is for {len(shards)} shards, and has no shard {unknown[0]}.")
        head = files_of_head() if GATEWAY in wanted else set()
        return {*head, *(name for one in numbers for name in files_of_clusters(shards[one]))}
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{folder / SHARDS} is not what an index has there: publish another.") from error


def _read_index(folder: Path) -> Mapping[str, Any]:
    try:
        return read_index_manifest(folder)
    except BrokenIndexError as error:
        raise ArtifactError(str(error)) from error


MODEL = Kind(read_manifest, (_every_file,))
INDEX = Kind(_read_index, (_every_file,))


def index_of(parts: Iterable[str]) -> Kind:
    """Return what a node needs of an index: `gateway`, numbers of shards; `all` is every file.

    Raises `BadInputError` for anything else.
    """
    wanted = {one.strip() for one in parts}
    if wanted == {ALL}:
        return INDEX
    if not wanted or not all(one == GATEWAY or (one.isascii() and one.isdigit()) for one in wanted):
        raise BadInputError(
            f"--index is {','.join(sorted(wanted))}: name all, or gateway and numbers of shards: 0,1."
        )
    return Kind(_read_index, (_what_shards_have, partial(_parts, frozenset(wanted))))


def index_name(model: str) -> str:
    """Return under which name a store has the indexes that were published with a model's versions."""
    return f"{model}-index"
