"""The candidate's lists against the champion's: opened, asked, measured and held against the limits."""

from collections.abc import Mapping
from typing import Any

from app.artifact import ArtifactError, load
from app.recommender import Recommender
from auto_deployment.training.gate.checks import ListVerdict
from auto_deployment.training.gate.lists.difference import Compared, ListDifference, compare_lists
from auto_deployment.training.gate.lists.limits import hold_lists
from auto_deployment.training.gate.lists.params import ListDiffParams
from auto_deployment.training.workspace import Workspace

NO_CHAMPION = "There is no champion yet: no lists to compare with."


def judge_lists(found: ListDifference, params: ListDiffParams) -> ListVerdict:
    """Hold the figures against the limits."""
    checks = hold_lists(found, params)
    beyond = [check for check in checks if not check.passed]
    sentence = f"The lists of {found.users:,} users differ no more than those of honest successive models."
    if beyond:
        sentence = f"The lists of {found.users:,} users go beyond {len(beyond)} of {len(checks)} limits."
    return ListVerdict(sentence, found.to_json(), checks)


def compare_with_champion(
    workspace: Workspace, champion: Mapping[str, Any], params: ListDiffParams, seed: int
) -> tuple[ListVerdict, Compared | None]:
    """Compare the lists of the candidate with the champion's; `champion` is `champion.json`.

    Without a champion, or where a model cannot be opened, the verdict says so and asks for no review: the
    gate's own checks refuse the latter.
    """
    if champion["version"] is None:
        return ListVerdict(NO_CHAMPION), None
    try:
        before, now = (Recommender(load(folder)) for folder in (workspace.champion, workspace.candidate))
    except ArtifactError as error:
        return ListVerdict(f"Lists were not compared: {error}"), None
    compared = compare_lists(before, now, params.users, seed)
    return judge_lists(compared.found, params), compared
