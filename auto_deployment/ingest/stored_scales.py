"""The scales that the ratings of each source are stored on. One source has one: no rating is read on two."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from auto_deployment.dataset.segments import Segment
from auto_deployment.errors import BadInputError
from auto_deployment.ingest.positions import NAMED
from auto_deployment.ingest.rating_scale import Scale, scale_text
from auto_deployment.ingest.recovery import STREAM_KINDS


class StoredScales:
    """What the segments of a folder say; those without a rating say nothing."""

    def __init__(self, listed: Iterable[Segment]) -> None:
        segments = list(listed)
        self._sources: dict[str, Hashable] = {}
        for segment in segments:
            for name in (segment.path.stem, *segment.meta.source.get("replaces", ())):
                self._sources[name] = _key(segment.meta.source)
        self._scales: dict[Hashable, dict[Scale, str]] = {}
        for segment in segments:
            if segment.meta.counts.get("rating"):
                source = self._source_of(segment)
                self._scales.setdefault(source, {}).setdefault(segment.meta.rating_scale, segment.path.name)

    def mixed(self) -> list[dict[Scale, str]]:
        """Return, for each source with several scales, a segment of each."""
        return [scales for scales in self._scales.values() if len(scales) > 1]

    def refuse_other(self, source: Mapping[str, Any] | None, segment: str, scale: Scale) -> None:
        """Raise `BadInputError` where ratings of a source are stored on another scale than this one.

        A source that is not known is that of the segment of this name.
        """
        key = _key(source) if source else self._sources.get(segment)
        others = {one: name for one, name in self._scales.get(key, {}).items() if one != scale}
        if others:
            other, name = next(iter(others.items()))
            raise BadInputError(
                f"RATING_SCALE is {scale_text(scale)}, but {name} holds ratings of the same source on "
                f"{scale_text(other)}: one source cannot hold two scales, so nothing was read. Set "
                f"RATING_SCALE={scale_text(other)} again; or, if that was wrong, begin again: with another "
                "DATA_DIR, or with its segments and quarantine moved away, the source is read from its "
                "beginning."
            )

    def _source_of(self, segment: Segment) -> Hashable:
        source = segment.meta.source
        if source["kind"] == "replay":
            return self._sources.get(source["quarantine"], _key(source))
        return _key(source)


def _key(source: Mapping[str, Any]) -> Hashable:
    if source["kind"] in STREAM_KINDS:
        return tuple(source.get(name) for name in NAMED)
    return tuple(source.get(name) for name in ("kind", "sha256", "quarantine", "number"))
