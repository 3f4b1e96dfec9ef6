"""The cycle's clone, which is only read: it may be away, damaged, or made anew at any moment."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.lookup import Found, look_up_in
from auto_deployment.publish.repository import REVIEW, TAGS, Repository

REMOTE_REVIEW = f"origin/{REVIEW}"


class Clone:
    """What is published, and what waits for a person. Every method may raise `PublishError`."""

    def __init__(self, paths: Paths) -> None:
        layout = CycleLayout.below(paths.cycle)
        self.folder = layout.clone
        # With a damaged clone git would look further up, and find the checkout that DATA_DIR may lie in.
        above = f"{layout.root}:{layout.root.parent}"
        environ = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_CEILING_DIRECTORIES": above}
        self._commands = Commands(self.folder, environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C"})

    @property
    def is_there(self) -> bool:
        return (self.folder / ".git").is_dir()

    def messages(self) -> dict[str, str]:
        """Return what the tag of each published version says."""
        return Repository(self._commands, "", "").messages()

    def refs(self) -> str:
        """Return the hash and name of what is published and what waits: as long as they stay, so does all."""
        below = (f"refs/tags/{TAGS}", f"refs/remotes/{REMOTE_REVIEW}")
        return self._commands.git("for-each-ref", "--format=%(objectname) %(refname)", *below)

    def names(self) -> list[str]:
        """Return the versions that are published or wait, in no order."""
        return [line.rpartition("/")[2] for line in self.refs().splitlines()]

    def look_up(self, version: str) -> Found:
        """Return the provenance of a published version."""
        return look_up_in(version, self._commands)

    def reviews(self) -> list[str]:
        """Return the versions whose branches wait, newest first."""
        names = self._commands.git(
            "branch", "--remotes", "--list", f"{REMOTE_REVIEW}*", "--format=%(refname)"
        )
        return sorted((name.rpartition("/")[2] for name in names.split()), reverse=True)

    def file(self, version: str, path: str) -> str | None:
        """Return a file of a version, published or waiting, None where it has none."""
        for ref in (f"refs/tags/{TAGS}{version}", f"refs/remotes/{REMOTE_REVIEW}{version}"):
            status, text, _ = self._commands.outcome(["git", "show", f"{ref}:{path}"])
            if status == 0:
                return text
        return None

    def review_files(self, version: str, paths: list[str]) -> list[Any]:
        """Return some JSON files of a version that waits; raise `ValueError` where they cannot be read."""
        ref = f"refs/remotes/{REMOTE_REVIEW}{version}"
        return list(_values(self._commands.git("show", *(f"{ref}:{path}" for path in paths))))

    def stored(self, digest: str, name: str) -> Path | None:
        """Return a file of a folder that DVC's cache holds under this hash, None where it is not there."""
        cache = self.folder.with_name("dvc-cache") / "files" / "md5"
        try:
            listed = json.loads((cache / digest[:2] / digest[2:]).read_bytes())
            one = next(str(one["md5"]) for one in listed if one["relpath"] == name)
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            return None
        path = cache / one[:2] / one[2:]
        return path if one.isalnum() and path.is_file() else None


def _values(text: str) -> Iterator[Any]:
    """Yield the JSON values that stand one behind the other."""
    decoder, at = json.JSONDecoder(), 0
    while rest := text[at:].lstrip():
        value, end = decoder.raw_decode(rest)
        at = len(text) - len(rest) + end
        yield value
