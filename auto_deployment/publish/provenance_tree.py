"""Provenance as a tree for a person. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auto_deployment.publish.lookup import Found

Branch = tuple[str, Sequence["Branch"]]
FEW = 6
CORRECTION = "correction-"  # how the names of such segments begin


def render_tree(found: Found, releases: Sequence[Branch] = (), groups: Sequence[Branch] = ()) -> str:
    """Return the lines, from the model down to offsets and parameters; the arguments are `branches_of`'s."""
    facts = found.facts
    lines = [
        f"model {facts['version']} ({facts.get('kind')})",
        *_draw(branches_of(found, releases, groups), ""),
    ]
    return "\n".join(lines) + "\n"


def branches_of(found: Found, releases: Sequence[Branch] = (), groups: Sequence[Branch] = ()) -> list[Branch]:
    """Return what grows from a model: each branch is a line with its own branches below it.

    `releases` say how it was served, `groups` what it was worth to whom.
    """
    facts = found.facts
    return [
        *([("released", releases)] if releases else []),
        _code(found),
        *([_leaf("continued from", facts["parent"])] if facts.get("parent") else []),
        _data(facts),
        _leaf("learnt from what is before", facts.get("watermark")),
        ("parameters", [_nested(name, value) for name, value in _sorted(facts.get("parameters"))]),
        ("libraries", [_leaf(name, value) for name, value in _sorted(facts.get("libraries"))]),
        ("measured", [_leaf(name, _number(value)) for name, value in _sorted(facts.get("metrics"))]),
        *groups,
        _gate(facts.get("gate")),
        _leaf("champion", _champion(facts.get("champion"))),
        ("DVC", [_leaf(path, digest) for path, digest in _sorted(facts.get("dvc"))]),
    ]


def _code(found: Found) -> Branch:
    facts = found.facts
    dirty = " with uncommitted changes" if facts.get("code_is_dirty") else ""
    branches = [
        _leaf("trained by", f"{facts.get('code_revision')}{dirty}"),
        _leaf("published by", f"{found.commit} at {found.tagged}" if found.tagged else "nobody yet"),
        _leaf("content", facts.get("content_hash")),
    ]
    if found.serving_code:
        branches.append(_leaf("served by", found.serving_code))
    return ("code", branches)


def _data(facts: Mapping[str, Any]) -> Branch:
    data = facts.get("data") or {}
    names = data.get("segments") or []
    corrections = sum(name.startswith(CORRECTION) for name in names)
    shown = [_leaf(name) for name in names[:FEW]]
    if len(names) > FEW:
        shown.append(_leaf(f"... and {len(names) - FEW} more, the last {names[-1]}"))
    return (
        f"data {data.get('hash')}",
        [
            _leaf("time", f"{data.get('first_time')} to {data.get('last_time')}"),
            _leaf("lines", ", ".join(f"{count:,} {kind}" for kind, count in _sorted(data.get("lines")))),
            (f"{len(names)} segments", shown),
            *([_leaf("of them corrections", corrections)] if corrections else []),
            *(_topic(topic) for topic in data.get("kafka") or ()),
        ],
    )


def _topic(topic: Mapping[str, Any]) -> Branch:
    offsets = [
        _leaf(f"partition {partition}", f"offsets {first} to {following - 1}")
        for partition, (first, following) in topic["offsets"].items()
    ]
    return (f"Kafka topic {topic['topic']} (id {topic['topic_id']}, cluster {topic['cluster_id']})", offsets)


def _gate(gate: Mapping[str, Any] | None) -> Branch:
    if gate is None:
        return _leaf("gate", "unknown")
    lists = gate.get("lists") or {"checks": ()}  # versions of before compared none
    checks = [_leaf(one["name"], one["sentence"]) for one in (*gate["checks"], *lists["checks"])]
    return (f"gate: {'passed' if gate['passed'] else 'refused'}", checks)


def _champion(champion: Mapping[str, Any] | None) -> str:
    return (
        "unknown" if champion is None else f"{champion.get('version') or 'none'} ({champion.get('source')})"
    )


def _nested(name: str, value: Any) -> Branch:
    if isinstance(value, Mapping):
        return (name, [_nested(inner, one) for inner, one in _sorted(value)])
    return _leaf(name, value)


def _leaf(name: str, value: Any = None) -> Branch:
    return (name if value is None else f"{name}: {value}", ())


def _sorted(found: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    return sorted((found or {}).items())


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "unknown" if value is None else str(value)


def _draw(branches: Sequence[Branch], indent: str) -> Iterator[str]:
    for place, (text, inner) in enumerate(branches):
        is_last = place == len(branches) - 1
        yield f"{indent}{'└─' if is_last else '├─'} {text}"
        yield from _draw(inner, f"{indent}{'   ' if is_last else '│  '}")
