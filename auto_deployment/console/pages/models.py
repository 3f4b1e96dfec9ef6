"""*Models*: all versions, and what was measured of them over time."""

from collections.abc import Sequence
from typing import Any

from auto_deployment.console.models.names import direction_of, title_of
from auto_deployment.console.models.sources import all_versions
from auto_deployment.console.models.standing import read_standing
from auto_deployment.console.models.version import Version, made_at
from auto_deployment.console.page import Asked, Console, Facts
from auto_deployment.console.paging import part_of
from auto_deployment.console.shown.plot import Plot, plot
from auto_deployment.cycle.outcome import Outcome
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.workspace import read_json

PLOTTED = (("ndcg_at_", "ndcg_at_{}_popularity"), ("rmse", "rmse_bias"), ("hit_rate", ""), ("coverage", ""))
COLUMNS = ("ndcg_at_", "ndcg_over_popularity", "rmse", "hit_rate", "coverage")


def facts(console: Console, asked: Asked) -> Facts:
    versions, trouble = all_versions(console.paths)
    standing = read_standing(console.paths)
    last, said = _last_cycle(console.paths)
    columns = [name for name in map(_resolved(versions), COLUMNS) if name]
    return {
        "part": part_of(versions, asked.number("page")),
        "names": [version.name for version in versions],
        "columns": [(name, title_of(name), direction_of(name)) for name in columns],
        "standing": standing,
        "plots": _plots(versions),
        "last": last,
        "trouble": [*trouble, *standing.trouble, *said],
    }


def _last_cycle(paths: Paths) -> tuple[Outcome | None, list[str]]:
    path = CycleLayout.below(paths.cycle).last
    if not path.exists():
        return None, []
    try:
        return Outcome.from_json(read_json(path)), []
    except (TrainingError, ValueError, TypeError, KeyError) as error:
        return None, [f"How the last retraining cycle ended cannot be read from {path}: {error}"]


def _resolved(versions: Sequence[Version]) -> Any:
    """Return what completes the names of measures that end with a cutoff."""
    measured = {name for version in versions for name in version.metrics}

    def resolve(name: str) -> str | None:
        if not name.endswith("_at_"):
            return name if name in measured else None
        return next((one for one in sorted(measured) if one.removeprefix(name).isdigit()), None)

    return resolve


def _plots(versions: Sequence[Version]) -> list[Plot]:
    """Return a plot for each measure that more than one version has, the oldest version first."""
    resolve, plots = _resolved(versions), []
    oldest_first = [version for version in reversed(versions) if not version.damage]
    times = [made_at(version.name) for version in oldest_first]
    for prefix, reference in PLOTTED:
        if (name := resolve(prefix)) is None:
            continue
        names = [one for one in (name, reference.format(name.rpartition("_")[2])) if one]
        series = {title_of(one): [version.metrics.get(one) for version in oldest_first] for one in names}
        if sum(value is not None for value in series[title_of(name)]) > 1:
            plots.append(plot(title_of(name), direction_of(name), times, series))
    return plots
