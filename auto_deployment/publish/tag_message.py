"""What an annotated tag says: everything about a version, readable from a clone alone. Pure."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

FIELDS = (
    "version",
    "kind",
    "parent",
    "created_at",
    "content_hash",
    "watermark",
    "split",
    "code_revision",
    "code_is_dirty",
    "data",
    "parameters",
    "libraries",
    "metrics",
    "gate",
    "champion",
)
MARK = "--- provenance ---"


class TagError(ValueError):
    """A tag's message holds no provenance."""


def render_tag(manifest: Mapping[str, Any], lock: str, pointers: Mapping[str, str]) -> str:
    """Write a sentence for people and the facts for programs.

    `lock` is `dvc.lock`, `pointers` the contents of the `.dvc` files of the inputs, by path.
    """
    facts = {name: manifest.get(name) for name in FIELDS}
    facts["dvc"] = dvc_hashes(lock, pointers)
    rmse = (manifest.get("metrics") or {}).get("rmse")
    said = "unknown" if rmse is None else f"{rmse:.4f}"
    return f"Model {facts['version']}: RMSE {said}\n\n{MARK}\n{json.dumps(facts, indent=1, sort_keys=True)}\n"


def read_tag(message: str) -> dict[str, Any]:
    """Read the facts back; raise `TagError` for a tag of another kind."""
    _, mark, text = message.partition(MARK)
    try:
        facts = json.loads(text)
    except ValueError as error:
        raise TagError("the tag holds no provenance that can be read") from error
    if not mark or not isinstance(facts, dict):
        raise TagError("the tag holds no provenance")
    return facts


def content_hash(message: str) -> str | None:
    """Return the content hash of the model that a tag names, None for a tag of another kind."""
    try:
        found = read_tag(message).get("content_hash")
    except TagError:
        return None
    return None if found is None else str(found)


def dvc_hashes(lock: str, pointers: Mapping[str, str]) -> dict[str, str]:
    """Return DVC's hash of every input and of every output that has one."""
    hashes = {}
    for path, text in pointers.items():
        hashes[path] = yaml.safe_load(text)["outs"][0]["md5"]
    for stage in yaml.safe_load(lock)["stages"].values():
        hashes |= {out["path"]: out["md5"] for out in stage.get("outs", ())}
    return dict(sorted(hashes.items()))
