"""The stand-in for DVC does what DVC does: the same verbs on the same files leave the same behind."""

import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from auto_deployment.config.publish import PublishSettings
from auto_deployment.publish import factory
from auto_deployment.publish.factory import Publishing
from tests.support.cycle.fake_dvc import standing_in
from tests.support.cycle.home import write_project
from tests.support.cycle.published import stored

POINTERS = ("data/segments.dvc", "data/catalog.dvc", "data/champion.dvc", "data/parent.dvc")
INPUTS = {
    "segments/one.parquet": "one",
    "segments/two.parquet": "two",
    "catalog/movies.csv": "",
    "champion/none": "nobody",
    "parent/none": "nothing",
    "champion.json": "{}",
    "intake.json": "{}",
    "rejected.json": "[]",
    "version.json": '{"version": "a"}',
}
STATUS = "status --json"
CHANGED = [["learn", "package"], [], ["learn", "package"], ["package"], ["learn", "package"]]
BROUGHT = f"--force {' '.join(POINTERS)}"
FAILING = [f"checkout {BROUGHT}", f"pull {BROUGHT}", "repro", "add data/segments"]


@dataclass
class Place:
    """A clone in which DVC's verbs are said, and what was to be seen after each."""

    publishing: Publishing
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.publishing.layout.clone / "data"

    @property
    def remote(self) -> Path:
        return self.publishing.layout.dvc_remote

    def put(self, name: str, text: str) -> None:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # it may be a link into the cache
        path.write_text(text, "utf-8")

    def commit(self, tag: str) -> None:
        git = self.publishing.commands.git
        git("add", "--all")
        git("commit", "--quiet", "--message", tag)
        git("tag", tag)

    def say(self, *words: str) -> str:
        """Say something to DVC, note what there is now, and return what it said."""
        status, out, err = self.publishing.commands.outcome([sys.executable, "-m", "dvc", *words])
        changed = sorted(json.loads(out or "{}")) if words[0] == "status" else []
        self.seen.append((" ".join(words), {"works": status == 0, "changed": changed, **self.look()}))
        return f"{out}\n{err}"

    def look(self) -> dict[str, Any]:
        """Return everything of it that a cycle, or another host, can see."""
        layout, lock = self.publishing.layout, self.publishing.layout.clone / "dvc.lock"
        files = [path for path in self.data.rglob("*") if path.is_file() and path.suffix != ".dvc"]
        return {
            "lock": yaml.safe_load(lock.read_text("utf-8")) if lock.exists() else None,
            "pointers": {one.name: yaml.safe_load(one.read_text("utf-8")) for one in self.data.glob("*.dvc")},
            "files": {str(path.relative_to(self.data)): path.read_bytes() for path in files},
            "cache": objects(layout.dvc_cache),
            "remote": objects(layout.dvc_remote),
            "git": self.publishing.commands.git("status", "--porcelain", "--untracked-files=all"),
        }


def objects(folder: Path) -> dict[str, int]:
    return {name: size for name, size in stored(folder).items() if name.startswith("files")}


def make_place(root: Path) -> Place:
    publishing = factory.build(root, PublishSettings())
    write_project(publishing.layout.clone)
    publishing.commands.git("init", "--quiet", "--initial-branch", "main")
    publishing.data.configure()
    place = Place(publishing)
    for name, text in INPUTS.items():
        place.put(name, text)
    return place


def publish_and_go_back(place: Place) -> None:
    """Two versions, as a cycle makes them, and the way back to the first."""
    place.say("add", "data/segments", "data/catalog", "data/champion", "data/parent")
    place.say("status", "--json")
    assert "Running stage 'learn'" in place.say("repro")
    place.say("push")
    place.commit("model/a")
    place.say("status", "--json")
    said = place.say("repro")
    assert "up to date" in said
    assert "Running stage" not in said
    place.put("segments/three.parquet", "three")
    place.put("version.json", '{"version": "b"}')
    place.say("add", "data/segments")
    place.say("status", "--json")
    place.say("repro")
    place.say("push", "--quiet", "data/segments", "learn")
    place.say("push")
    place.say("status", "--cloud", "--json")
    place.commit("model/b")
    place.publishing.commands.git("checkout", "--quiet", "model/a")
    place.say("checkout", "--force", *POINTERS)
    place.say("checkout", "--force", "data/model")


def lose_and_find(place: Place) -> None:
    """A cache that is gone, a remote that is away, and what nobody needs any more."""
    shutil.rmtree(place.publishing.layout.dvc_cache)
    shutil.rmtree(place.data / "segments")
    place.say("checkout", "--force", *POINTERS)
    away = place.remote.rename(place.remote.with_name("away"))
    place.say("pull", "--force", *POINTERS)
    away.rename(place.remote)
    place.say("pull", "--force", *POINTERS)
    place.say("pull", "--force", "data/model")
    place.say("pull", "--force")
    place.publishing.commands.git("tag", "--delete", "model/b")
    place.say("gc", "--workspace", "--all-tags", "--cloud", "--force")


def fail(place: Place) -> None:
    """A step that ends badly, an output that somebody changed, and what another process works on."""
    place.put("version.json", '{"version": "c"}')
    place.say("status", "--json")
    place.put("segments/broken-one.parquet", "")
    place.say("add", "data/segments")
    said = place.say("repro")
    assert "learn cannot read this segment" in said
    place.put("version.json", '{"version": "a"}')
    place.publishing.commands.git("checkout", "--quiet", "--force", "model/a")
    place.say("checkout", "--force", *POINTERS)
    place.put("candidate/content", "changed by hand")
    place.say("status", "--json")
    lock = {"data/segments": {"write": {"pid": 1, "cmd": "dvc add"}}}
    place.publishing.layout.clone.joinpath(".dvc/tmp").mkdir(exist_ok=True)
    place.publishing.layout.clone.joinpath(".dvc/tmp/rwlock").write_text(json.dumps(lock))
    place.say("add", "data/segments")


@pytest.mark.slow
def test_after_each_verb_everything_is_as_dvc_itself_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = make_place(tmp_path / "real")
    (tmp_path / "program").mkdir()
    monkeypatch.setenv("PYTHONPATH", standing_in(tmp_path / "program"))
    fake = make_place(tmp_path / "fake")
    for part in (publish_and_go_back, lose_and_find, fail):
        for place in (real, fake):
            part(place)
        for (said, of_real), (_, of_fake) in zip(real.seen, fake.seen, strict=True):
            for what, found in of_real.items():
                assert of_fake[what] == found, f"{what} after dvc {said}"
    assert [said for said, facts in real.seen if not facts["works"]] == FAILING
    assert [facts["changed"] for said, facts in real.seen if said == STATUS] == CHANGED
