"""What is said of a forgotten user's models, so that nobody removes one that is needed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.paths import Paths
from auto_deployment.people.model_places import LocalModels
from tests.people.conftest import ANN

WISH = Wish(ANN, datetime(2026, 1, 2, tzinfo=UTC), 1, "correction-000001-aaaaaaaa")


def test_a_model_that_an_instance_serves_or_that_is_current_is_not_to_be_removed_yet(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    for name in ("old", "served", "newest"):
        folder = paths.models / name
        folder.mkdir(parents=True)
        np.save(folder / "user_ids.npy", np.array([ANN]))
        (folder / "manifest.json").write_text(json.dumps({"data": {"segments": []}}), "utf-8")
    paths.current_model.symlink_to("newest")
    # As releases without containers leave it: a slot links to a release, and that to its model.
    for folder in (paths.local_models, paths.local_slots):
        folder.mkdir(parents=True)
    (paths.local_models / "release").symlink_to(paths.models / "served")
    (paths.local_slots / "stable-1").symlink_to(paths.local_models / "release")
    goes = {one.where: one.goes for one in LocalModels(paths).held(WISH)}
    assert goes["models/old"] == "remove the folder"
    assert goes["models/served"].startswith("an instance of `make run` serves it: release one without")
    assert goes["models/newest"].startswith("it is the current one: `marquee train` makes one without")
