"""One version: where it comes from, what was measured of it, and what it was made of."""

from collections.abc import Sequence

from auto_deployment.console.models.difference import measures
from auto_deployment.console.models.found import OneVersion
from auto_deployment.console.models.profile import counts_of, days_of, plot_of
from auto_deployment.console.models.sources import all_names
from auto_deployment.console.models.standing import read_standing
from auto_deployment.console.page import Asked, Console, Facts
from auto_deployment.publish.provenance_tree import Branch, branches_of
from auto_deployment.release.online.by_group import group_branches, kept_measures
from auto_deployment.release.online.of_model import branches, records_of
from auto_deployment.release.store import Record, Store


def facts(console: Console, asked: Asked) -> Facts:
    one = OneVersion(console.paths, asked.words["version"])
    version, standing = one.version, read_standing(console.paths)
    damaged: list[str] = []
    records = records_of(Store(console.paths.releases), version.name, None, damaged)
    tree, trouble = _tree(one, records)
    profile = one.profile()
    return {
        "version": version,
        "standing": standing,
        "why_rejected": standing.rejected.get(version.name, ""),
        "measures": measures(version, version),
        "branches": tree,
        "plot_of_days": plot_of(days_of(profile)),
        "counts": counts_of(profile),
        "has_report": one.report() is not None,
        "has_gate": one.has_verdict,
        "others": [name for name in all_names(console.paths) if name != version.name],
        "trouble": [*([version.damage] if version.damage else []), *trouble, *damaged, *standing.trouble],
    }


def _tree(one: OneVersion, records: Sequence[Record]) -> tuple[Sequence[Branch], list[str]]:
    """Return the provenance; where the facts have another form, what its releases say, and why."""
    releases = branches([record.release for record in records])
    if one.found is None:
        return releases, []
    try:
        online = group_branches(one.found.evaluated, kept_measures(records))
        return branches_of(one.found, releases, online), []
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        said = f"Where {one.version.name} comes from is written in a form that is not known ({error!r})."
        return releases, [said]
