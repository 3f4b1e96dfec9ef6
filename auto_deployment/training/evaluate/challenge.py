"""The champion as the flow finds it: opened, known for the one it is said to be, and then compared with."""

from collections.abc import Mapping
from typing import Any

from app.artifact import ArtifactError, Model, load
from app.recommender import Recommender
from auto_deployment.training.evaluate.compare import Pair, compare
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.prepared import Prepared
from auto_deployment.training.workspace import Workspace, read_json


def against_champion(
    workspace: Workspace, challenger: Recommender, prepared: Prepared, params: TrainingParams
) -> dict[str, Any]:
    """Compare with the champion.

    `against` is None without one and {"error": sentence} when it cannot be asked; `new_events` counts the
    ratings and watches beyond those that the champion was made of, None when nobody knows.
    """
    facts = read_json(workspace.champion_facts)
    now = _events(prepared.facts["data"])
    if facts["version"] is None:
        return {"against": None, "new_events": now}
    try:
        champion = _open(workspace, facts)
    except ArtifactError as error:
        return {"against": {"error": str(error)}, "new_events": None}
    pair = Pair(challenger, Recommender(champion))
    return {
        "against": compare(pair, prepared.test, prepared.users, params),
        # By number, not by time: one event of a clock that is years ahead would be the newest for years.
        "new_events": max(now - _events(champion.manifest["data"]), 0),
    }


def _open(workspace: Workspace, facts: Mapping[str, Any]) -> Model:
    """Open the champion; raise `ArtifactError` when it is damaged, foreign, or another one."""
    model = load(workspace.champion)
    expected = facts.get("content_hash")
    if expected is not None and expected != model.content_hash:
        raise ArtifactError(f"{workspace.champion} holds another model than {facts['version']}.")
    data = model.manifest.get("data") or {}
    missing = [name for name in ("watermark", "split") if not model.manifest.get(name)]
    missing += [f"data.{name}" for name in ("ratings", "watches") if name not in data]
    if missing:
        raise ArtifactError(
            f"{workspace.champion} does not say what it was trained on ({', '.join(missing)}): it was not "
            "made by this flow."
        )
    return model


def _events(data: Mapping[str, Any]) -> int:
    return int(data["ratings"]) + int(data["watches"])
