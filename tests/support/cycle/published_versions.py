"""A clone with published versions and DVC's storage behind it, without any training."""

import json
import shutil
from pathlib import Path

from auto_deployment.config.publish import PublishSettings
from auto_deployment.publish import factory
from auto_deployment.publish.factory import Publishing
from auto_deployment.publish.tag_message import MARK
from tests.support.project import PROJECT

MODEL_BYTES = 100_000


def make_versions(cycle: Path, versions: list[str]) -> Publishing:
    """Publish versions that share their segments and have a model of 100 kB each."""
    publishing = factory.build(cycle, PublishSettings())
    layout, commands = publishing.layout, publishing.commands
    at_root = commands.at(layout.root)
    at_root.git("init", "--quiet", "--bare", "--initial-branch", "main", str(layout.git_remote))
    at_root.git("clone", "--quiet", str(layout.git_remote), str(layout.clone))
    shutil.copytree(PROJECT / ".dvc", layout.clone / ".dvc", ignore=shutil.ignore_patterns("tmp", "*.local"))
    commands.git("checkout", "--quiet", "-B", "main")
    publishing.data.configure()
    (layout.clone / "data" / "segments").mkdir(parents=True)
    (layout.clone / "data" / "segments" / "one.parquet").write_bytes(b"shared" * 1000)
    for number, version in enumerate(versions):
        model = layout.clone / "data" / "model"
        shutil.rmtree(model, ignore_errors=True)
        model.mkdir()
        (model / "item_factors.npy").write_bytes(bytes([number]) * MODEL_BYTES)
        commands.dvc("add", "--quiet", "data/segments", "data/model")
        publishing.data.push()
        publishing.repository.commit(f"model: {version}", ["."])
        publishing.repository.tag(version, f"Model\n\n{MARK}\n{json.dumps(facts_of(version))}\n")
        publishing.repository.push(version, lambda: None)
    return publishing


def facts_of(version: str) -> dict[str, object]:
    """Return the provenance of such a version."""
    return {
        "version": version,
        "kind": "full",
        "content_hash": "c0ffee",
        "code_revision": "abc1234",
        "data": {
            "hash": "beef",
            "segments": ["one.parquet"],
            "kafka": [
                {
                    "topic": "movielog1",
                    "topic_id": "t",
                    "cluster_id": "c",
                    "offsets": {"0": [5, 105], "1": [0, 7]},
                }
            ],
        },
        "parameters": {"train": {"seed": 42}},
        "metrics": {"rmse": 0.8765},
        "gate": {"passed": True, "checks": [{"name": "rmse", "sentence": "RMSE is 0.8765."}]},
    }


def stored_bytes(folder: Path) -> int:
    """Return how much lies below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
