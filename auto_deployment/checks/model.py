"""A published model, measured again: nothing that the training machine said of it is taken on trust."""

import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.artifact import ArtifactError, load
from app.recommender import PERSONAL, Recommender
from auto_deployment.checks.params import ChecksParams
from auto_deployment.checks.verdicts import CheckVerdict
from auto_deployment.dataset.reading import TARGET_SCALE
from auto_deployment.params import Params
from auto_deployment.training.evaluate import stage as evaluate
from auto_deployment.training.gate import stage as gate
from auto_deployment.training.gate.checks import GateResult, ListVerdict
from auto_deployment.training.gate.probe import LENGTH, seen_by, whole_length
from auto_deployment.training.prepare import stage as prepare
from auto_deployment.training.workspace import Workspace, read_json

INPUTS = ("segments", "catalog", "champion", "champion.json", "intake.json", "rejected.json")
OF_SPEED = ("answer_ms", "load_s")  # of the machine as much as of the model: each says its own
FIGURES = ("summary.json", "model.json", "comparison.json")
USERS = 500  # so many, or up to twice as many, are asked


def check_model(workspace: Workspace, params: Params, expected_hash: str | None) -> list[CheckVerdict]:
    """Open the model of a checkout, recompute its gate from the segments, and hold both against each other.

    `expected_hash` is what the version's tag says of the content, None where there is no tag. Raises
    `TrainingError` and `SegmentError` where inputs are missing.
    """
    try:
        model = load(workspace.model)
    except ArtifactError as error:
        return [CheckVerdict("loads", False, str(error))]
    found = [CheckVerdict("loads", True, f"Model {model.version}, content {model.content_hash[:12]}.")]
    if expected_hash is not None:
        same = expected_hash == model.content_hash
        said = f"The tag says {expected_hash[:12]}, the model is {model.content_hash[:12]}."
        found.append(CheckVerdict("tag", same, said))
    found += _invariants(Recommender(model))
    with recomputed(workspace, params) as (again, found_again):
        found += _same_numbers(workspace, again, params.checks)
        found += _same_gate(workspace, found_again)
    return found


@contextmanager
def recomputed(workspace: Workspace, params: Params) -> Iterator[tuple[Workspace, GateResult]]:
    """Prepare, evaluate and judge in a folder of its own, with the published model as the candidate."""
    with tempfile.TemporaryDirectory() as folder:
        again = Workspace(Path(folder))
        for name in INPUTS:
            source = workspace.root / name
            if source.exists():
                (again.root / name).symlink_to(source.resolve())
        shutil.copytree(workspace.model, again.candidate)
        prepare.run(again, params.training.prepare)
        evaluate.run(again, params.training)
        yield again, gate.run(again, params.gate, params.training.train.seed)


def _invariants(recommender: Recommender) -> Iterator[CheckVerdict]:
    seen, short, outside = 0, 0, 0
    everybody = recommender.model.arrays["user_ids"]
    ids = everybody[:: max(len(everybody) // USERS, 1)]
    low, high = TARGET_SCALE
    for user in ids.tolist():
        answer, known = recommender.recommend(user, LENGTH), seen_by(recommender, user)
        seen += bool(known & set(answer.rows)) and answer.source == PERSONAL
        short += len(set(answer.rows)) != whole_length(recommender, known)
        movies = [recommender.movie_ids[one] for one in answer.rows]
        if recommender.user_row(user) is not None:
            predicted = recommender.predict([user] * len(movies), movies)
            outside += bool(((predicted < low) | (predicted > high)).any())
    of = f"of {len(ids):,} users"
    yield CheckVerdict("no seen title", seen == 0, f"{seen} {of} are shown a title that they have seen.")
    yield CheckVerdict("whole lists", short == 0, f"{short} {of} get fewer different titles than there are.")
    yield CheckVerdict(
        "rating scale", outside == 0, f"{outside} {of} have a predicted rating outside of {low:g}-{high:g}."
    )


def _same_numbers(published: Workspace, again: Workspace, params: ChecksParams) -> Iterator[CheckVerdict]:
    """Compare every figure of the evaluation: the model's own, those against the champion, the summary."""
    different, count = [], 0
    for name in FIGURES:
        said, found = (_figures(read_json(one.metrics / name)) for one in (published, again))
        count += len(said)
        different += [
            f"{key} {_short(said.get(key))}, recomputed {_short(found.get(key))}"
            for key in sorted({*said, *found})
            if not _is_same(said.get(key), found.get(key), params.metric_tolerance)
        ]
    sentence = f"All {count:,} published figures were found again."
    if different:
        named = "; ".join(different[:5])
        sentence = f"{len(different)} published figures are not what the data gives: {named}."
    yield CheckVerdict("figures", not different, sentence)


def _figures(content: Any, name: str = "") -> dict[str, Any]:
    """Return every value by where it stands; who the model is, and when it was made, is no figure."""
    if isinstance(content, Mapping):
        parts = [(f"{name}.{key}" if name else str(key), one) for key, one in content.items()]
        return {
            key: one for part, inner in parts if part != "model" for key, one in _figures(inner, part).items()
        }
    if isinstance(content, list):
        return {
            key: one
            for number, inner in enumerate(content)
            for key, one in _figures(inner, f"{name}[{number}]").items()
        }
    return {name: content}


def _is_same(said: Any, found: Any, tolerance: float) -> bool:
    if isinstance(said, float) and isinstance(found, float):
        return math.isclose(said, found, rel_tol=tolerance, abs_tol=tolerance)
    return bool(said == found)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _same_gate(published: Workspace, again: GateResult) -> Iterator[CheckVerdict]:
    said = {one["name"]: one["passed"] for one in read_json(published.gate_result)["checks"]}
    for check in again.checks:
        if check.name in OF_SPEED:
            continue
        if said.get(check.name) != check.passed:
            sentence = f"Published as {said.get(check.name)}, recomputed {check.passed}: {check.sentence}"
            yield CheckVerdict(f"gate {check.name}", False, sentence)
        else:
            yield CheckVerdict(f"gate {check.name}", bool(check.passed), check.sentence)
    yield from _same_lists(read_json(published.gate_result).get("lists"), again.lists)
    lacking = sorted(set(said) - {check.name for check in again.checks})
    if lacking:
        yield CheckVerdict(
            "gate", False, f"The published gate has checks that nobody knows: {', '.join(lacking)}."
        )


def _same_lists(said: Mapping[str, Any] | None, again: ListVerdict) -> Iterator[CheckVerdict]:
    """Ask whether the lists are within the same limits as published; beyond them a person has decided."""
    if said is None:  # published by a version that compared no lists
        return
    published = {one["name"]: one["passed"] for one in said["checks"]}
    found = {check.name: check.passed for check in again.checks}
    different = sorted(name for name in {*published, *found} if published.get(name) != found.get(name))
    named = f" Not as published: {', '.join(different)}." if different else ""
    yield CheckVerdict("gate lists", not different, f"{again.sentence}{named}")
