"""DVC's verbs as far as a cycle says them, in a tenth of the time: payloads by content, where DVC puts them.

Called as `python -m dvc`: `standing_in` puts it there. tests/publish/test_fake_dvc.py holds it against DVC,
so that both may work on the same files: the verbs that `DVC_ITSELF` names are done by DVC.
"""

import configparser
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Entry = dict[str, Any]  # what dvc.lock and pointers say of a path
Read = Callable[[str], str]  # the text of a file, empty where there is none


class RefusedError(Exception):
    """Something is not there, or is in use."""


def standing_in(folder: Path) -> str:
    """Return the PYTHONPATH with which `python -m dvc` is this program."""
    (folder / "dvc.py").symlink_to(Path(__file__).resolve())
    return str(folder)


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def files_below(path: Path) -> Iterator[tuple[str, bytes]]:
    for one in sorted(path.rglob("*")):
        if one.is_file():
            yield one.relative_to(path).as_posix(), one.read_bytes()


def listing(path: Path) -> bytes:
    """Return the object that stands for a folder."""
    found = [{"md5": md5_of(content), "relpath": name} for name, content in files_below(path)]
    return json.dumps(found, sort_keys=True).encode()


def entry(path: Path) -> Entry | None:
    """Return what is known of a file or a folder, None where there is nothing."""
    if path.is_file():
        content = path.read_bytes()
        return {"hash": "md5", "md5": md5_of(content), "size": len(content)}
    if not path.is_dir():
        return None
    sizes = [len(content) for _, content in files_below(path)]
    md5 = f"{md5_of(listing(path))}.dir"
    return {"hash": "md5", "md5": md5, "size": sum(sizes), "nfiles": len(sizes)}


@dataclass(frozen=True, slots=True)
class Store:
    """Objects by their names: the cache, or the remote."""

    folder: Path

    def path(self, md5: str) -> Path:
        return self.folder / "files" / "md5" / md5[:2] / md5[2:]

    def put(self, md5: str, content: bytes) -> None:
        target = self.path(md5)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}")
        unfinished.write_bytes(content)
        unfinished.rename(target)

    def take(self, path: Path) -> None:
        """Take what lies at a path; a folder comes behind its files."""
        if path.is_dir():
            for _, content in files_below(path):
                self.put(md5_of(content), content)
            self.put(f"{md5_of(listing(path))}.dir", listing(path))
        else:
            self.put(md5_of(path.read_bytes()), path.read_bytes())

    def parts(self, md5: str) -> list[str]:
        """Return the objects of a path; of a folder that is not here, its own name alone."""
        if not md5.endswith(".dir") or not self.path(md5).exists():
            return [md5]
        return [*(one["md5"] for one in json.loads(self.path(md5).read_bytes())), md5]

    def copy_from(self, other: "Store", md5: str) -> None:
        for part in other.parts(md5):
            self.put(part, other.path(part).read_bytes())

    def give(self, md5: str, target: Path) -> None:
        """Make a path what it was when it was taken."""
        if not all(self.path(part).exists() for part in self.parts(md5)):
            raise RefusedError(f"Checkout failed for following targets:\n{target}\nIs your cache up to date?")
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        if not md5.endswith(".dir"):
            target.write_bytes(self.path(md5).read_bytes())
            return
        for one in json.loads(self.path(md5).read_bytes()):
            path = target / one["relpath"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.path(one["md5"]).read_bytes())

    def keep(self, used: Iterable[str]) -> None:
        kept = {self.path(part) for md5 in used for part in self.parts(md5)}
        for path in list((self.folder / "files").rglob("*")):
            if path.is_file() and path not in kept:
                path.unlink()


def held(names: Iterable[str], read: Read) -> dict[str, str]:
    """Return the hash of everything that DVC holds for a state of the files: inputs, and what stages made."""
    found: dict[str, str] = {}
    for name in names:
        if name.endswith(".dvc"):
            for out in yaml.safe_load(read(name))["outs"]:
                found[(Path(name).parent / out["path"]).as_posix()] = out["md5"]
    locked = stages_of(read("dvc.lock"))
    for name, stage in stages_of(read("dvc.yaml")).items():
        mine = {out for out in stage.get("outs", ()) if isinstance(out, str)}
        found |= {
            one["path"]: one["md5"] for one in locked.get(name, {}).get("outs", ()) if one["path"] in mine
        }
    return found


class Repository:
    """The clone that we are called in."""

    def __init__(self) -> None:
        config = configparser.ConfigParser()
        config.read(".dvc/config.local")
        self.cache = Store(Path(config["cache"]["dir"]))
        remote = config["core"]["remote"]
        self.remote = Store(Path(config[f"'remote \"{remote}\"'"]["url"]))
        busy = Path(".dvc/tmp/rwlock")
        if busy.exists() and json.loads(busy.read_bytes()):
            raise RefusedError("another process has the lock")

    def held(self) -> dict[str, str]:
        names = [path.as_posix() for path in sorted(Path("data").glob("*.dvc"))]
        return held(names, lambda name: text_of(Path(name)))

    def targets(self, words: list[str]) -> dict[str, str]:
        """Return what is meant: everything, pointers, outputs of stages, or stages."""
        found, stages = self.held(), stages_of(text_of(Path("dvc.yaml")))
        if not words:
            return found
        names = [name for word in words for name in (outs_of(stages[word]) if word in stages else [word])]
        return {name: found[name] for one in names if (name := one.removesuffix(".dvc")) in found}

    def add(self, words: list[str]) -> None:
        for name in words:
            path = Path(name)
            known = entry(path)
            if known is None:
                raise RefusedError(f"output '{name}' does not exist")
            self.cache.take(path)
            pointer = {"outs": [{**known, "path": path.name}]}
            path.with_name(f"{path.name}.dvc").write_text(yaml.safe_dump(pointer, sort_keys=False))

    def checkout(self, words: list[str]) -> None:
        for name, md5 in self.targets(words).items():
            self.cache.give(md5, Path(name))

    def pull(self, words: list[str]) -> None:
        for md5 in self.targets(words).values():
            self.cache.copy_from(self.remote, md5)
        self.checkout(words)

    def push(self, words: list[str]) -> None:
        for md5 in self.targets(words).values():
            self.remote.copy_from(self.cache, md5)

    def status(self, words: list[str]) -> None:
        changed = [
            f"{name}.dvc" for name in self.held() if Path(f"{name}.dvc").exists() and self._differs(name)
        ]
        stages = stages_of(text_of(Path("dvc.yaml")))
        changed += [name for name, stage in stages.items() if self._stage(stage) != self._locked().get(name)]
        sys.stdout.write(json.dumps({name: ["changed"] for name in changed}))

    def cloud(self, words: list[str]) -> None:
        """Say which paths the remote lacks."""
        parts = {name: self.cache.parts(md5) for name, md5 in self.held().items()}
        lacking = [
            name for name, of in parts.items() if not all(self.remote.path(one).exists() for one in of)
        ]
        sys.stdout.write(json.dumps(dict.fromkeys(lacking, "new")))

    def repro(self, words: list[str]) -> None:
        """Run the stages that are not as they were, in the order of the file."""
        ran = False
        for name, stage in stages_of(text_of(Path("dvc.yaml"))).items():
            if self._stage(stage) == self._locked().get(name):
                continue
            ran = True
            self._run(name, stage)
        if not ran:
            sys.stdout.write("Data and pipelines are up to date.\n")

    def gc(self, words: list[str]) -> None:
        used = {*self.held().values()}
        for tag in ask_git("tag", "--list").split():
            names = ask_git("ls-tree", "-r", "--name-only", tag).split()
            used |= {*held(names, lambda name, tag=tag: ask_git("show", f"{tag}:{name}")).values()}  # type: ignore[misc]
        for store in (self.remote, self.cache):
            store.keep(used)

    def _run(self, name: str, stage: Entry) -> None:
        sys.stdout.write(f"Running stage '{name}':\n> {stage['cmd']}\n")
        sys.stdout.flush()
        for path in map(Path, outs_of(stage)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        status = subprocess.run(stage["cmd"], shell=True, check=False).returncode
        if status:
            raise RefusedError(
                f"failed to reproduce '{name}': failed to run: {stage['cmd']}, exited with {status}"
            )
        for out in stage.get("outs", ()):
            if isinstance(out, str):
                self.cache.take(Path(out))
        lock = {"schema": "2.0", "stages": {**self._locked(), name: self._stage(stage)}}
        Path("dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))

    def _differs(self, name: str) -> bool:
        now = entry(Path(name))
        return now is None or now["md5"] != self.held()[name]

    def _locked(self) -> dict[str, Any]:
        return stages_of(text_of(Path("dvc.lock")))

    def _stage(self, stage: Entry) -> Entry:
        """Return what dvc.lock says of a stage whose inputs and outputs are as they lie there."""
        found: Entry = {"cmd": stage["cmd"], "deps": entries(stage["deps"])}
        if stage.get("params"):
            params = yaml.safe_load(text_of(Path("params.yaml")))
            found["params"] = {"params.yaml": {name: params[name] for name in stage["params"]}}
        return {**found, "outs": entries(outs_of(stage))}


def stages_of(text: str) -> dict[str, Entry]:
    """Return the stages of a `dvc.yaml` or a `dvc.lock`."""
    return dict((yaml.safe_load(text) or {}).get("stages", {}))


def outs_of(stage: Entry) -> list[str]:
    """Return the paths of everything that a stage makes; options of one stand behind its path."""
    outs = [*stage.get("outs", ()), *stage.get("metrics", ()), *stage.get("plots", ())]
    return [out if isinstance(out, str) else next(iter(out)) for out in outs]


def entries(names: Iterable[str]) -> list[Entry]:
    return [{"path": name, **(entry(Path(name)) or {})} for name in sorted(names)]


def text_of(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def ask_git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout


def main() -> int:
    """Do what is asked; options only say how much to tell."""
    verb, *words = sys.argv[1:]
    if verb in os.environ.get("DVC_ITSELF", "").split():
        elsewhere = [path for path in sys.path if path and not Path(path, "dvc.py").exists()]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(elsewhere)}
        return subprocess.run(
            [sys.executable, "-m", "dvc", *sys.argv[1:]], env=environ, check=False
        ).returncode
    try:
        repository = Repository()
        verbs: dict[str, Callable[[list[str]], None]] = {
            name: getattr(repository, name)
            for name in ("add", "checkout", "cloud", "gc", "pull", "push", "repro", "status")
        }
        if verb == "status" and "--cloud" in words:
            verb = "cloud"
        verbs[verb]([word for word in words if not word.startswith("-")])
    except (RefusedError, OSError) as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 255
    return 0


if __name__ == "__main__":
    sys.exit(main())
