"""DVC in the cycle's clone: what changed, the flow, and where the payloads go."""

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from app.model_format import MANIFEST
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.dvc_output import explained
from auto_deployment.publish.errors import CommandError, PublishError, StageError, UnreachableError

REMOTE = "storage"
CHAMPION = "data/champion"
PARENT = "data/parent"  # whose weights the challenger goes on from
INPUTS = ("data/segments", "data/catalog", CHAMPION, PARENT)
NOBODY = {CHAMPION: "There is no champion.\n", PARENT: "It is trained from nothing.\n"}
MODEL, INDEX = "data/model", "data/index"
NOT_THERE = ("new", "missing")  # at the remote: in the cache only, and in neither


class DataVersions:
    """Payloads by content: a cycle uploads only what is new. DVC may not be quiet, it would not say why."""

    def __init__(self, commands: Commands, remote: str, cache: Path) -> None:
        self._commands, self._remote, self._cache = commands, remote, cache

    def configure(self) -> None:
        """Point the clone at cache and remote, in its local configuration, which is never committed."""
        config = {
            "core": {"remote": REMOTE, "analytics": "false", "check_update": "false"},
            "cache": {"dir": str(self._cache), "type": "reflink,hardlink,copy"},
            f"'remote \"{REMOTE}\"'": {"url": self._remote},
        }
        lines = [
            f"[{part}]\n" + "".join(f"    {k} = {v}\n" for k, v in one.items())
            for part, one in config.items()
        ]
        (self._commands.folder / ".dvc" / "config.local").write_text("".join(lines), "utf-8")

    def restore(self) -> None:
        """Bring the inputs of the last published version back, from the cache or from the remote.

        But for the model that it went on from: each cycle says anew which that is.
        """
        kept = [path for path in INPUTS if path != PARENT]
        files = [f"{path}.dvc" for path in kept if (self._commands.folder / f"{path}.dvc").exists()]
        if not files:
            for path in kept:
                shutil.rmtree(self._commands.folder / path, ignore_errors=True)
            return
        self._bring(*files)

    def restore_model(self) -> None:
        """Bring the packaged model of the work tree's version back."""
        self._bring(MODEL)

    def restore_index(self) -> bool:
        """Bring the index of the work tree's version back, and tell whether it has one."""
        lock = self._commands.folder / "dvc.lock"
        if _out(lock.read_text("utf-8"), INDEX) is None:
            return False
        self._bring(INDEX)
        return (self._commands.folder / INDEX / MANIFEST).exists()

    def take_in(self) -> bool:
        """Bring champion and parent, and version the inputs; tell whether the flow would do anything then.

        To name and describe the same model anew is nothing.
        """
        for path in (CHAMPION, PARENT):
            if (self._commands.folder / f"{path}.dvc").exists():
                self._bring(f"{path}.dvc")
        self._commands.dvc("add", *INPUTS)
        # Commits hold pointers with the dvc.lock that was made of them: what git sees DVC need not be asked.
        if self._commands.git("status", "--porcelain", "--", *(f"{path}.dvc" for path in INPUTS)).strip():
            return True
        changed = json.loads(self._commands.dvc("status", "--json") or "{}")
        return any(name not in ("package",) for name in changed)

    def use_model(self, lock: str | None, path: str = CHAMPION) -> None:
        """Let a version's model, given its `dvc.lock`, be the champion or parent to bring; without, none."""
        folder = self._commands.folder / path
        pointer = folder.with_name(f"{folder.name}.dvc")
        if lock is None:
            pointer.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            (folder / "none").write_text(NOBODY[path], "utf-8")
            return
        out = {**model_out(lock), "path": folder.name}
        pointer.write_text(yaml.safe_dump({"outs": [out]}, sort_keys=False), "utf-8")

    def reproduce(self) -> str:
        """Take every step whose input has changed; return what the steps said.

        Raises `StageError`, whose message begins with the sentence of the step that could not be taken.
        """
        try:
            return self._commands.dvc("repro")
        except CommandError as error:
            failure = str(error).partition(": ")[0]
            if (sentence := explained(failure, error.output)) is None:
                raise
            raise StageError(sentence) from error

    def push(self) -> None:
        """Upload what the remote lacks; raise `UnreachableError` when that does not work.

        DVC pushes what it finds and calls it a success (findings/dvc_push_incomplete.sh): so it is asked.
        """
        try:
            self._commands.dvc("push")
            known = json.loads(self._commands.dvc("status", "--cloud", "--json") or "{}")
        except CommandError as error:
            raise UnreachableError(f"The DVC remote cannot be written: {error}") from error
        lacking = sorted(path for path, state in known.items() if state in NOT_THERE)
        if lacking:
            raise UnreachableError(
                f"DVC has pushed, and its remote still lacks {', '.join(lacking[:5])}"
                f"{' and more' if len(lacking) > 5 else ''}: nothing is published that nobody could pull."
            )

    def collect(self, *, dry_run: bool) -> str:
        """Remove from cache and remote what neither the work tree nor any tag of this clone uses."""
        words = ["gc", "--workspace", "--all-tags", "--cloud", "--force", *(["--dry"] if dry_run else [])]
        return self._commands.dvc(*words)

    def _bring(self, *files: str) -> None:
        """Take what is in the cache, else ask the remote."""
        try:
            self._commands.dvc("checkout", "--force", *files)
        except CommandError:
            try:
                self._commands.dvc("pull", "--force", *files)
            except CommandError as error:
                raise UnreachableError(f"The DVC remote cannot be read: {error}") from error


def model_out(lock: str) -> dict[str, Any]:
    """Return what a `dvc.lock` says of the packaged model: hash, size, number of files."""
    if (out := _out(lock, MODEL)) is None:
        raise PublishError("A version's dvc.lock names no model: remove its tag, or publish it again.")
    return out


def _out(lock: str, path: str) -> dict[str, Any] | None:
    for stage in yaml.safe_load(lock)["stages"].values():
        for out in stage.get("outs", ()):
            if out["path"] == path:
                return dict(out)
    return None
