"""Is what others can see complete? Walks every tag of a git remote against a DVC remote, object by object."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from auto_deployment.publish.data_versions import INPUTS
from auto_deployment.publish.tag_message import read_tag
from tests.support.git import git


def versions(bare: Path) -> list[str]:
    """Return the versions that anybody who asks is told of."""
    return [name.removeprefix("model/") for name in git(bare, "tag", "--list", "model/*").split()]


def gaps(bare: Path, storage: Path) -> list[str]:
    """Say what is missing or damaged of any published version; an empty list is what there has to be."""
    return [gap for version in versions(bare) for gap in gaps_of(bare, storage, version)]


def gaps_of(bare: Path, storage: Path, version: str) -> Iterator[str]:
    """Say what one version lacks: its objects, its place in the branch, its provenance."""
    tag = f"model/{version}"
    if version_file(bare, tag) != version:
        yield f"{tag}: is on a commit of {version_file(bare, tag)}"
    if subprocess.run(["git", "merge-base", "--is-ancestor", tag, "main"], cwd=bare, check=False).returncode:
        yield f"{tag}: is not in the branch"
    facts = read_tag(git(bare, "tag", "--list", "--format=%(contents)", tag))
    for out in outs(bare, tag):
        if facts["dvc"].get(out["path"]) != out["md5"]:
            yield f"{tag}: says something else of {out['path']} than its commit"
        for md5 in object_names(storage, out["md5"]):
            if not is_sound(storage, md5):
                yield f"{tag}: {out['path']} lacks {md5}"


def version_file(bare: Path, commit: str) -> str:
    return str(json.loads(git(bare, "show", f"{commit}:data/version.json"))["version"])


def outs(bare: Path, tag: str) -> list[dict[str, Any]]:
    """Return everything that DVC holds for a tag; what git itself holds is complete by its nature."""
    in_git = set(git(bare, "ls-tree", "-r", "--name-only", tag).split())
    found = [
        {**yaml.safe_load(git(bare, "show", f"{tag}:{path}.dvc"))["outs"][0], "path": path} for path in INPUTS
    ]
    for stage in yaml.safe_load(git(bare, "show", f"{tag}:dvc.lock"))["stages"].values():
        found += stage.get("outs", ())
    return [out for out in found if out["path"] not in in_git]


def object_names(storage: Path, md5: str) -> list[str]:
    """Return an object and, of a folder, everything in it."""
    if not md5.endswith(".dir") or not is_sound(storage, md5):
        return [md5]
    return [md5, *(one["md5"] for one in json.loads(object_path(storage, md5).read_bytes()))]


def is_sound(storage: Path, md5: str) -> bool:
    path = object_path(storage, md5)
    return path.is_file() and hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == md5[:32]


def object_path(storage: Path, md5: str) -> Path:
    return storage / "files" / "md5" / md5[:2] / md5[2:]


def stored(storage: Path) -> dict[str, int]:
    """Return every file of a DVC remote with its size."""
    return {
        str(path.relative_to(storage)): path.stat().st_size for path in storage.rglob("*") if path.is_file()
    }
