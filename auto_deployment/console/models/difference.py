"""Two versions side by side: measures, parameters, and where both come from. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auto_deployment.console.models.names import direction_of, shown, title_of
from auto_deployment.console.models.version import Version, mappings

FEW = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a comparison; `change` is the second minus the first, `tone` whether that is better."""

    name: str
    first: str
    second: str
    change: str = ""
    tone: str = ""


def measures(one: Version, other: Version) -> list[Line]:
    """Return every measure that either side has."""
    first, second = one.metrics, other.metrics
    return [_measure(name, first.get(name), second.get(name)) for name in shown({*first, *second})]


def parameters(one: Version, other: Version) -> list[Line]:
    """Return the parameters and libraries that differ."""
    found = []
    for part in ("parameters", "libraries"):
        first, second = (dict(flat(next(mappings(side.facts, part)))) for side in (one, other))
        for name in sorted({*first, *second}):
            if (pair := (first.get(name, "-"), second.get(name, "-")))[0] != pair[1]:
                found.append(Line(name, *pair))
    return found


def origins(one: Version, other: Version) -> list[Line]:
    """Return where both come from, also what is the same."""
    first, second = _origin(one), _origin(other)
    return [Line(name, first.get(name, "-"), second.get(name, "-")) for name in {**first, **second}]


def segments(one: Version, other: Version) -> tuple[int, Sequence[str], Sequence[str]]:
    """Return how many segments both were made of, those of the first alone, and those of the second alone."""
    first, second = (set(map(str, _segments(side))) for side in (one, other))
    return len(first & second), sorted(first - second), sorted(second - first)


def flat(content: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of nested values under dotted names."""
    if isinstance(content, Mapping):
        for key, inner in content.items():
            yield from flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, str(content)


def _measure(name: str, first: float | None, second: float | None) -> Line:
    change = None if first is None or second is None else second - first
    tone = ""
    if change and (direction := direction_of(name)):
        tone = "good" if (change < 0) == (direction == "less is better") else "bad"
    said = "" if change is None else f"{change:+.4f}" if change else "same"
    return Line(title_of(name), _figure(first), _figure(second), said, tone)


def _said(fact: object) -> str:
    return "unknown" if fact is None else str(fact)


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def _segments(version: Version) -> Sequence[Any]:
    names = next(mappings(version.facts, "data")).get("segments")
    return names if isinstance(names, list) else ()


def _origin(version: Version) -> dict[str, str]:
    facts = version.facts
    data, champion = mappings(facts, "data", "champion")
    lines = next(mappings(data, "lines"))
    found = {
        "Made": _said(facts.get("created_at")),
        "Code": f"{facts.get('code_revision')}{' (changed)' * bool(facts.get('code_is_dirty'))}",
        "Data": _said(data.get("hash")),
        "Events from": _said(data.get("first_time")),
        "Events to": _said(data.get("last_time")),
        "Learnt from what is before": _said(facts.get("watermark")),
        "Segments": str(len(_segments(version))),
        **{f"Lines: {kind}": f"{count:,}" for kind, count in lines.items() if isinstance(count, int)},
        "Champion": str(champion.get("version") or "none"),
        "Gate": version.gate,
        "Content": _said(facts.get("content_hash")),
    }
    return found | dict(_offsets(data))


def _offsets(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    topics = data.get("kafka")
    for topic in topics if isinstance(topics, list) else ():
        if isinstance(topic, Mapping) and isinstance(topic.get("offsets"), Mapping):
            for partition, ends in topic["offsets"].items():
                yield f"Kafka {topic.get('topic')}, partition {partition}", f"[first, next): {ends}"
