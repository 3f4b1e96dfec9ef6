"""The stage `prepare`: read the segments and split them by time."""

from auto_deployment.training.params import PrepareParams
from auto_deployment.training.prepare.data import load_data
from auto_deployment.training.prepare.prepared import Prepared, write_prepared
from auto_deployment.training.prepare.split import describe_split, split_by_time
from auto_deployment.training.workspace import Workspace


def run(workspace: Workspace, params: PrepareParams) -> str:
    """Write what the other stages read; return it in one line."""
    data = load_data(workspace.segments, workspace.catalog, params)
    split = split_by_time(data.interactions, params)
    facts = {"data": data.facts, **describe_split(split)}
    write_prepared(workspace.prepared, Prepared(split.train, split.test, data.movies, data.users, facts))
    return f"{len(split.train):,} events to learn from, {len(split.test):,} held out ({split.kind})"
