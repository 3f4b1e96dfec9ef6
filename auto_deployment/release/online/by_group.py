"""What a model is worth to whom: offline as evaluated, online as watched, side by side."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auto_deployment.mail.format import clock
from auto_deployment.publish.provenance_tree import Branch
from auto_deployment.release.online.reader import OnlineGroup, OnlineMeasures
from auto_deployment.release.online.words import between, group_words
from auto_deployment.release.store import Record

KINDS = ("all", "gender", "age")
Evaluated = Mapping[str, Any]


def kept_measures(records: Iterable[Record]) -> OnlineMeasures | None:
    """Return the online measures of a model's newest release that has any; the oldest record comes first."""
    kept = [record.online for record in records if record.online is not None]
    return kept[-1] if kept else None


def group_branches(evaluated: Evaluated, online: OnlineMeasures | None) -> list[Branch]:
    """Return a branch with a leaf for each group that either side knows."""
    offline = [(kind, name) for kind in KINDS for name in evaluated.get(kind, {})]
    watched = {(one.by, one.value): one for one in online.groups if one.by in KINDS} if online else {}
    order = sorted({*offline, *watched}, key=lambda one: (KINDS.index(one[0]), _rank(one, offline, watched)))
    if not order:
        return []
    leaves = [(_line(one, evaluated, watched.get(one)), ()) for one in order]
    return [(_head(online), leaves)]


def _rank(one: tuple[str, str], *known: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Sort as evaluation does, and groups of which only the other side knows after it."""
    for place, side in enumerate(map(list, known)):
        if one in side:
            return place, side.index(one)
    return len(known), 0


def _head(online: OnlineMeasures | None) -> str:
    if online is None:
        return "by group, offline as evaluated; online: nothing is kept of a release of it"
    span = f"lists {clock(online.since)} to {clock(online.until)}, joined {clock(online.as_of)}"
    return f"by group, offline as evaluated and online as watched in {online.release} ({span})"


def _line(one: tuple[str, str], evaluated: Evaluated, watched: OnlineGroup | None) -> str:
    kind, name = one
    offline = " ".join(_offline(evaluated.get(kind, {}).get(name), evaluated.get("cutoff")))
    online = group_words(watched) if watched else "nobody was shown a list"
    title = name if kind == "all" else f"{kind} {name}"
    return f"{title}: offline {offline or 'not evaluated'}; online {online}"


def _offline(found: Mapping[str, Any] | None, cutoff: Any) -> Iterator[str]:
    if not found:
        return
    served = found["ranking"]["systems"]["blend"]
    yield f"NDCG@{cutoff} {between(served['ndcg'], '{:.3f}'.format)},"
    yield f"hit rate {between(served['hit_rate'], '{:.3f}'.format)},"
    yield f"RMSE {between(found['rating']['svd']['rmse'], '{:.3f}'.format)}"
